/** The lineage of an interaction as one line for a person. Everything in it that strangers wrote is cut, and stands in quotes or as a plain name. Pure. */
import type { Interaction } from '../../schemas/interaction.ts'

const LONGEST_TURN = 120
const LONGEST_NAME = 64
const MOST_ARGUMENTS = 3

/** What is not seen, ends lines or turns the direction of text. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g

/** Lone surrogates become U+FFFD. */
const wellFormed = (text: string): string => Buffer.from(text).toString()

/** At most `longest` UTF-16 units on one line, cut between characters. */
export function lineOf(text: string, longest: number): string {
  // Cut first, so that the work does not grow with what was sent.
  const line = text.slice(0, longest * 2).replace(UNSEEN, ' ').trim()
  return line.length > longest || text.length > longest * 2 ? `${wellFormed(line.slice(0, longest - 2)).replace(/\ufffd$/, '')} …` : wellFormed(line)
}

const nameOf = (text: string): string => lineOf(text, LONGEST_NAME)
const quoted = (text: string): string => JSON.stringify(lineOf(text, LONGEST_TURN))

function askedBy({ requested_by: by, request_text: turn, principal, actor }: Interaction): string {
  const who = nameOf(principal || actor) || 'somebody'
  const words = turn === '' ? '' : ` ${quoted(turn)}`
  if (by === 'user_turn') return `${who} asked${words}`
  if (by === 'parent_agent') return `another agent asked${words || ' for it'}`
  if (by === 'scheduled') return `a schedule began it${words === '' ? '' : ` with${words}`}`
  return by === 'none' ? `nobody asked: ${who} was not in a turn` : `${who}; it is not known who asked`
}

function doneBy({ agent, client, delegation }: Interaction): string {
  const through = agent !== '' ? `agent ${nameOf(agent)}` : client !== '' ? `client ${nameOf(client)}` : ''
  return delegation.length === 0 ? through : `${through}${through === '' ? '' : ' '}on behalf of others (${delegation.length} in the chain)`
}

function deedOf({ method, tool, prompt, resource, server, target, effect }: Interaction): string {
  const what = nameOf(tool || prompt || resource || method) || 'a call'
  const where = nameOf(server || target)
  return `${what}${where === '' ? '' : ` on ${where}`}${effect === 'unknown' ? '' : ` (${effect})`}`
}

const FITS: Readonly<Record<Interaction['request_fit'], string>> = {
  asked: 'the turn asked for it', plausible: 'the turn may have meant it', unrelated: 'the turn did not ask for it', unknown: 'whether it was asked for is not known',
}

/** From results of other tools first: that is where strangers write. */
const ORDER = ['tool_result', 'listing', 'model', 'system', 'user', 'unknown']
const placeIn = (source: string): number => ORDER.indexOf(source.split(':', 1)[0] ?? '')
const sourceName = (source: string): string => {
  const [kind = '', ...rest] = lineOf(source, LONGEST_NAME).split(':')
  return kind === 'tool_result' ? `the result of call ${rest.join(':') || 'unknown'}` : kind === 'listing' ? 'a listing' : kind === 'unknown' ? 'an unknown place' : `the ${kind}`
}

function argumentsOf({ argument_sources: sources }: Interaction): string {
  if (sources.size === 0) return ''
  const sorted = [...sources].sort(([, one], [, other]) => placeIn(one) - placeIn(other))
  const told = sorted.slice(0, MOST_ARGUMENTS).map(([path, source]) => `${nameOf(path)} from ${sourceName(source)}`)
  const more = sources.size - told.length
  return `arguments: ${told.join(', ')}${more > 0 ? `, ${more} more` : ''}`
}

/** Such as `ana asked "pay the rent" -> agent desk -> send_money on bank (pay); the turn asked for it; arguments: $.to from the result of call c1`. */
export function lineageLine(interaction: Interaction): string {
  const way = [askedBy(interaction), doneBy(interaction), deedOf(interaction)].filter((part) => part !== '').join(' -> ')
  const fit = interaction.requested_by === 'unknown' && interaction.request_fit === 'unknown' ? '' : FITS[interaction.request_fit]
  return [way, fit, argumentsOf(interaction)].filter((part) => part !== '').join('; ')
}
