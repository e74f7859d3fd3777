/** What speaks for and against a destination that its actor did not know. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Destination } from '../destinations/destination.ts'
import type { Trait } from '../destinations/hosts.ts'
import type { Point } from '../stats/points.ts'
import { sumOf } from '../stats/points.ts'
import { carries, isListOfRecords, packedIn } from '../destinations/payload.ts'
import type { Params } from './rule.ts'

export interface Situation {
  readonly interaction: Interaction
  readonly destination: Destination
  /** Too little history of the actor to call anything new. */
  readonly isCold: boolean
  /** Whether the tenant knows enough destinations, how many of its actors know this one, and whether one of the same group does. */
  readonly isGrown: boolean
  readonly users: number
  readonly byGroup: boolean
  /** Share of new destinations among the actor's own. */
  readonly fresh: number
  /** Calls and bytes to it since it was told, where that is many for a day. */
  readonly pieces: Pieces | undefined
}

export interface Pieces {
  readonly calls: number
  readonly bytes: number
}

const WHAT: Readonly<Record<Exclude<Trait, ''>, readonly [points: number, words: string]>> = {
  'paste': [3, 'a place where anybody pastes texts'], 'webhook': [3, 'a catcher of requests that anybody can set up'],
  'tunnel': [3, 'a tunnel to somebody\'s own machine'], 'file-drop': [3, 'a place where anybody drops files'], 'dynamic-name': [2, 'a name that anybody can point anywhere'],
  'bare-address': [2, 'a bare address without a name'], 'free-mail': [1, 'a free mail service'],
  'anybody': [2, 'whoever has the link, or everybody'],
}
const LONG_ADDRESS = 512
/** Addresses are signed and carry tokens, which are encoded as well, and shorter than this. */
const LONGER_THAN_TOKENS = 1_536
export const LOADED_ADDRESS = 120
/** A label of a host name that is as long as this, with digits in it, carries something. */
const LOADED_LABEL = /(?:^|\.)(?=[a-z_-]{0,60}\d)[a-z0-9_-]{30,63}\./
export const isLoadedHost = ({ host }: Destination): boolean => LOADED_LABEL.test(host)

function ofHost({ destination: { trait } }: Situation): Point | undefined {
  if (trait === '') return undefined
  const [points, words] = WHAT[trait]
  return { name: 'kind of host', observed: words, points }
}

function ofSource({ destination: { source, argument } }: Situation): Point | undefined {
  const path = argument.slice(0, 80)
  if (source === 'user') return { name: 'source', observed: `the user gave ${path}`, points: -4 }
  if (source.startsWith('tool_result') || source === 'listing') {
    return { name: 'source', observed: `${path} came from what a tool ${source === 'listing' ? 'offered' : 'returned'}`, expected: 'the words of the user', points: 2 }
  }
  return source === 'model' ? { name: 'source', observed: `${path} stands nowhere that the model saw`, expected: 'the words of the user', points: 1 } : undefined
}

/** A recipient whom the others do not see and whom no turn named: what a changed tool adds to every mail. */
const isHiddenCopy = ({ destination: { argument, source } }: Situation): boolean => source !== 'user' && /\.(?:bcc|blind_?copy)(?:\[\d{1,4}\])?$/i.test(argument)

function ofCopy(situation: Situation): Point | undefined {
  return isHiddenCopy(situation) ? { name: 'copy', observed: 'a hidden copy to somebody whom no turn of the user named', expected: 'recipients that the user named', points: 3 } : undefined
}

function ofRequest(situation: Situation): Point | undefined {
  const { interaction: { request_fit: fit, requested_by: by } } = situation
  // The mail was asked for, its hidden copy was not.
  if (fit === 'asked' && isHiddenCopy(situation)) return undefined
  if (fit === 'asked') return { name: 'request', observed: 'the turn asks for it', points: -2 }
  if (fit === 'unrelated') return { name: 'request', observed: 'the turn asks for something else', expected: 'a call that the turn asks for', points: 3 }
  return by === 'none' ? { name: 'request', observed: 'no turn, schedule or agent is behind it', points: 2 } : undefined
}

function ofCompany({ isGrown, users }: Situation): Point | undefined {
  if (!isGrown) return undefined
  return { name: 'tenant', observed: users === 0 ? 'nobody of the tenant used it' : `${users} of the tenant used it`, expected: 'a destination that others use', points: users === 0 ? 2 : 0 }
}

/** What goes on is counted there, by its bytes. */
function ofPayload({ interaction, destination, pieces }: Situation, muchBytes: number): Point | undefined {
  const packed = packedIn(interaction)
  if (packed > 0) return { name: 'payload', observed: `${packed} characters in a row that are encoded`, expected: 'readable arguments',
    // Mails carry attachments; what is to be fetched carries nothing.
    points: destination.kind === 'e-mail' ? 2 : packed > LONGER_THAN_TOKENS && !carries(interaction) ? 4 : 3 }
  if (isLoadedHost(destination)) return { name: 'payload', observed: 'a part of the host name that is long and carries digits', expected: 'names that people give', points: 3 }
  if (destination.tail > LOADED_ADDRESS) return { name: 'payload', observed: `${destination.tail} characters in the address that only its server reads`, points: destination.tail > LONG_ADDRESS ? 2 : 1 }
  if (pieces !== undefined || interaction.arguments_bytes < BigInt(muchBytes)) return undefined
  const isList = isListOfRecords(interaction)
  return { name: 'payload', observed: `${interaction.arguments_bytes} bytes of arguments${isList ? ', a list of many records' : ''}`, points: isList ? 3 : 2 }
}

function ofPieces({ pieces }: Situation): Point | undefined {
  return pieces === undefined ? undefined : { name: 'course', observed: `it goes on: ${pieces.calls} calls with ${pieces.bytes} bytes of arguments on its first day`, points: 3 }
}

const isPoint = (point: Point | undefined): point is Point => point !== undefined

/** What is packed, much, goes on, hides or is put into a host name is no more usual with whoever meets new people all day. */
const isPlain = (situation: Situation, muchBytes: number): boolean =>
  situation.pieces === undefined && !isHiddenCopy(situation) && !isLoadedHost(situation.destination)
  && situation.interaction.arguments_bytes < BigInt(muchBytes) && packedIn(situation.interaction) === 0

/** In the order in which a person would ask. */
export function pointsOf(situation: Situation, params: Params): readonly Point[] {
  const { interaction, isCold, fresh } = situation
  return [
    isCold && !situation.isGrown ? undefined : { name: 'novelty', observed: 'not used by the actor before', expected: 'one of its own destinations', points: 1 },
    ofCompany(situation), ofHost(situation), ofSource(situation), ofCopy(situation), ofRequest(situation),
    carries(interaction) ? { name: 'effect', observed: `the call is to ${interaction.effect === 'execute' ? 'send by a command' : interaction.effect}`, points: interaction.effect === 'grant' ? 2 : 1 } : undefined,
    ofPayload(situation, params.muchBytes), ofPieces(situation),
    !isCold && fresh >= params.usuallyFresh && isPlain(situation, params.muchBytes) ? { name: 'habit', observed: 'new destinations are its daily business', points: -2 } : undefined,
  ].filter(isPoint)
}

/** Undefined where it is not worth a word. Of a tenant or an actor that is hardly known, only what is dangerous by itself is more than low. */
export function severityOf(situation: Situation, points: readonly Point[], params: Params): Severity | undefined {
  const { interaction: { outcome }, destination: { trait, source }, users, byGroup } = situation
  const sum = sumOf(points)
  const dangerous = trait !== '' && trait !== 'free-mail' && trait !== 'anybody'
  if (sum < params.low || ((users >= params.sharedBy || byGroup) && sum < params.high)) return undefined
  if (!carries(situation.interaction) && !dangerous && !points.some(({ name }) => name === 'payload')) return undefined
  if (outcome === 'denied' || outcome === 'unauthenticated') return 'low'
  if (situation.isCold && !situation.isGrown && !(dangerous && source.startsWith('tool_result'))) return 'low'
  return sum >= params.high ? 'high' : sum >= params.medium ? 'medium' : 'low'
}
