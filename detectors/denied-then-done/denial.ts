/** A denial that is remembered, and whether a call is the same thing done another way. Plain JSON, bounded. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Effect } from '../../schemas/vocabulary.ts'
import { hash32 } from '../stats/distinct.ts'
import { type Act, LONGEST_TOOL, sentBy } from './act.ts'
import { deedOf } from './deed.ts'

export interface Denial {
  /** Seconds since 1970. */
  readonly at: number
  readonly effects: readonly Effect[]
  /** Hashes of the names that tell its object. */
  readonly names: readonly number[]
  readonly tool: number
  readonly server: number
  readonly agent: number
  readonly sent: number
  /** It was a command, and its object has a path or an address. */
  readonly isCommand: boolean
  readonly isPlace: boolean
  /** See `trade.ts`. */
  readonly trade: number
  /** A person said no, not a policy. */
  readonly byPerson: boolean
  /** Observation that shows it. */
  readonly event: string
}

const DENIES = /^(?:den(?:y|ied)|reject|block|refus|forbid|forbidden|abort|disallow)/i
const ALLOWS = /^(?:allow|accept|approv|grant|permit)/i
const PERSON = /user|human|person|operator|reviewer/i
/** A path of two parts and more, or an address. */
const PLACE = /(?:^|["'\s=])(?:~|\.|[a-z]:)?[/\\]{1,2}[\w.@-]{1,64}[/\\]|:\/\//i
const LOOKED_AT = 1024
/** Most names of a denial. */
const MOST_NAMES = 6

export const isDenied = ({ outcome, decision }: Interaction): boolean => outcome === 'denied' || (decision !== '' && DENIES.test(decision))
/** Somebody allowed this very call: what a configuration allows is nobody's approval. */
export const isApproved = ({ decision, decision_by: by }: Interaction): boolean => ALLOWS.test(decision) && PERSON.test(by)

export function denialOf(interaction: Interaction, at: number): Denial {
  const { effects, telling, isCommand, trade } = deedOf(interaction)
  const { tool, server, agent, decision_by: by, arguments: sent, resource } = interaction
  return {
    at, effects, names: telling.slice(0, MOST_NAMES), tool: hash32(tool.slice(0, LONGEST_TOOL)), server: server === '' ? 0 : hash32(server), agent: agent === '' ? 0 : hash32(agent), sent: sentBy(interaction), isCommand, trade,
    isPlace: PLACE.test(sent.slice(0, LOOKED_AT)) || PLACE.test(resource.slice(0, LOOKED_AT)),
    byPerson: PERSON.test(by),
    event: interaction.event_ids.at(-1) ?? '',
  }
}

/** In which ways the call is another one than the one that was denied. */
export type Way = 'server' | 'agent' | 'tool' | 'command' | 'arguments'

/** 0 is unknown. */
const differs = (one: number, other: number): boolean => one !== 0 && other !== 0 && one !== other

function waysOf(denial: Denial, act: Act): readonly Way[] {
  const ways: Way[] = []
  if (denial.tool !== hash32(act.tool)) ways.push(act.isCommand ? 'command' : 'tool')
  if (differs(denial.server, act.server)) ways.push('server')
  if (differs(denial.agent, act.agent)) ways.push('agent')
  if (ways.length === 0 && denial.sent !== act.sent) ways.push(act.isCommand ? 'command' : 'arguments')
  return ways
}

export interface Match {
  readonly ways: readonly Way[]
  readonly effects: readonly Effect[]
  /** Of how many names that the denied call has so many are in this one; 0: objects cannot be compared. */
  readonly shared: number
  /** Objects cannot be compared, but both work on the same kind of thing, minutes apart. */
  readonly sameTrade: boolean
}

const CHANGES: ReadonlySet<Effect> = new Set<Effect>(['write', 'send', 'pay', 'delete', 'grant'])
const SOON = 600
const AT_ONCE = 180

/** A change that was denied and soon after a command that changes too: where names do not tell whether it is the same object, it may be. */
export function maybeMatch(denial: Denial, act: Act): Match | undefined {
  if (!act.isCommand || act.at - denial.at > SOON || !denial.effects.some((effect) => CHANGES.has(effect))) return undefined
  const nameless = denial.names.length === 0
  const effects = act.effects.filter((effect) => effect === 'delete' || effect === 'grant' || (nameless && CHANGES.has(effect) && denial.effects.includes(effect)))
  return effects.length === 0 ? undefined : { ways: ['command'], effects, shared: 0, sameTrade: (denial.trade & act.trade) !== 0 && act.at - denial.at <= AT_ONCE }
}

/** Reading and writing go on all day: the same repository is in every call. */
export const isWeak = (effects: readonly Effect[]): boolean => effects.every((effect) => effect === 'read' || effect === 'write' || effect === 'execute')

/** What is needed of names: the same tool once more, and what goes on all day, have the repository or account in common anyway; another deed need not say everything. */
function namesNeeded(denial: Denial, ways: readonly Way[], weak: boolean): number {
  const all = denial.names.length
  if (!weak) return ways[0] === 'arguments' ? all : Math.ceil(all / 2)
  if (ways[0] === 'arguments' || (ways[0] === 'tool' && ways.length === 1) || (denial.isCommand && ways.every((way) => way === 'command'))) return Infinity
  return all
}

/** Undefined where it is another deed, or the same call once more. */
export function matchOf(denial: Denial, act: Act): Match | undefined {
  const effects = denial.effects.filter((effect) => effect !== 'unknown' && act.effects.includes(effect))
  if (effects.length === 0 || denial.names.length === 0) return undefined
  const shared = denial.names.filter((name) => act.names.includes(name)).length
  const ways = waysOf(denial, act)
  if (ways.length === 0 || shared === 0) return undefined
  const needed = namesNeeded(denial, ways, isWeak(effects))
  return shared >= needed ? { ways, effects, shared, sameTrade: false } : undefined
}
