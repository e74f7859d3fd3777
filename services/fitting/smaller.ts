/**
 * How a record of ours becomes smaller. First its long texts and lists are cut; in the last round what names somebody or something and is longer than any
 * name is left out, because half a name is another name. Ids, tenants, hashes and numbers are never touched. Pure.
 */
import type { Alert, Delivery } from '../../schemas/alert.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import type { Quarantined } from '../../schemas/quarantined.ts'
import type { Part, Relay, WordsRelay } from '../../schemas/relay.ts'
import { alerts, correlations, deliveries, findings, interactions, quarantine, steps, type Topic } from '../../schemas/topics.ts'
import { headOf, shortJson } from './short-json.ts'

/** What is left of each text, in characters, and of each list, in entries. */
interface Room {
  readonly characters: number
  readonly entries: number
  /** Words of a conversation in one record. */
  readonly words: number
  /** Whether names that are longer go. */
  readonly names: boolean
}

const ROOMS: readonly Room[] = [
  { characters: 16_384, entries: 512, words: 16, names: false },
  { characters: 2_048, entries: 64, words: 1, names: false },
  { characters: 256, entries: 8, words: 1, names: true },
]
/** Rounds after which nothing gets smaller any more. */
export const ROUNDS = ROOMS.length

interface Columns<T> {
  /** Texts, lists of texts, maps of texts. */
  readonly long: readonly (keyof T)[]
  /** Texts, lists of texts. */
  readonly names: readonly (keyof T)[]
  /** What a text that was cut ends with. */
  readonly mark: string
}

const MARK = ' [truncated]'

interface Cut<T> {
  readonly record: T
  readonly columns: readonly string[]
}

const INTERACTION: Columns<Interaction> = {
  // Commands are read from it: what was cut is named in `redacted` instead.
  mark: '',
  long: ['arguments', 'result', 'request_text', 'request_fit_reasons', 'argument_sources', 'event_ids', 'scopes', 'sources', 'emitters', 'redacted',
    'error_code', 'error_type', 'decision', 'user_agent', 'identity_conflicts', 'input_requests'],
  names: ['method', 'tool', 'prompt', 'resource', 'server', 'target', 'actor', 'principal', 'principal_source', 'client', 'client_source', 'agent', 'agent_source',
    'token_source', 'scopes_source', 'caller_tenant', 'caller_tenant_source', 'delegation', 'delegation_source', 'client_address', 'client_address_source',
    'client_network', 'client_country', 'client_as_org', 'host', 'conversation', 'wire_session', 'jsonrpc_request_id', 'tool_call_id', 'decision_by'],
}
const WHO = ['actor', 'principal', 'client', 'server', 'tool', 'conversation'] as const

/** JSON stays JSON, so that it can still be judged. */
const shortText = (text: string, { characters }: Room, mark: string): string => shortJson(text, characters) ?? headOf(text, characters) + mark

/** The value itself where it has room. A text that has not ends with `mark`. */
function shortened(value: unknown, room: Room, mark: string): unknown {
  if (typeof value === 'string') return value.length > room.characters ? shortText(value, room, mark) : value
  if (Array.isArray(value)) {
    const kept = value.slice(0, room.entries).map((each) => shortened(each, room, mark))
    return kept.length === value.length && kept.every((each, at) => each === value[at]) ? value : kept
  }
  if (!(value instanceof Map)) return value
  const kept = [...value].slice(0, room.entries).filter(([key]) => typeof key === 'string' && key.length <= room.characters)
    .map(([key, each]) => [key, shortened(each, room, mark)] as const)
  return kept.length === value.size && kept.every(([key, each]) => each === value.get(key)) ? value : new Map(kept)
}

function cutColumns<T extends object>(record: T, { long, names, mark }: Columns<T>, room: Room): Cut<T> {
  const changes = new Map<keyof T, unknown>()
  for (const column of long) {
    const value = shortened(record[column], room, mark)
    if (value !== record[column]) changes.set(column, value)
  }
  for (const column of room.names ? names : []) {
    const value = record[column]
    if (shortened(value, room, '') !== value) changes.set(column, Array.isArray(value) ? [] : '')
  }
  if (changes.size === 0) return { record, columns: [] }
  return { record: { ...record, ...Object.fromEntries(changes) } as T, columns: [...changes.keys()].map(String) }
}

/** Says in `redacted` what was cut, as the redactor does. */
function cutInteraction(interaction: Interaction, room: Room): Interaction {
  const { record, columns } = cutColumns(interaction, INTERACTION, room)
  if (columns.length === 0) return interaction
  return { ...record, redacted: [...new Set([...record.redacted, ...columns.map((column) => `${column}:truncated`)])].sort() }
}

function cutPart(part: Part, room: Room): Part {
  const turns = part.turns.slice(-room.entries).map((turn) => headOf(turn, room.characters))
  const results = part.results.slice(-room.entries).map(({ id, text }) => ({ id, text: headOf(text, room.characters) }))
  const conversation = room.names && part.conversation.length > room.characters ? '' : part.conversation
  return { ...part, interaction: cutInteraction(part.interaction, room), turns, results, conversation }
}

/** Words are heard one by one, so that several records say what one did. */
function inPieces(relay: WordsRelay, room: Room): readonly Relay[] {
  const words = room.names ? relay.words.map((word) => ({ ...word, text: headOf(word.text, room.characters) })) : relay.words
  const pieces: Relay[] = []
  for (let at = 0; at < words.length; at += room.words) pieces.push({ ...relay, words: words.slice(at, at + room.words) })
  return pieces
}

function cutRelay(relay: Relay, room: Room): readonly Relay[] {
  if (relay.kind === 'part') return [{ ...relay, part: cutPart(relay.part, room) }]
  return relay.kind === 'words' ? inPieces(relay, room) : [relay]
}

type Smaller = (record: unknown, room: Room) => readonly unknown[]
function entry<T>(topic: Topic<T>, cut: (record: T, room: Room) => readonly T[]): readonly [string, Smaller] {
  return [topic.name, (record, room) => cut(record as T, room)]
}

const FINDING: Columns<Finding> = {
  long: ['title', 'observed', 'expected', 'reasons', 'evidence_ids', 'lineage', 'sample_events', 'part_ids', 'baseline_self', 'baseline_peers', 'baseline_tenant'],
  names: [...WHO, 'sql'], mark: MARK,
}
const ALERT: Columns<Alert> = {
  long: ['title', 'reasons', 'finding_ids', 'interaction_ids', 'evidence_ids', 'detectors'], names: [...WHO, 'sql', 'group_key'], mark: MARK,
}
const DELIVERY: Columns<Delivery> = { long: ['answer'], names: [], mark: MARK }
const QUARANTINED: Columns<Quarantined> = { long: ['detail'], names: ['source', 'detector'], mark: MARK }

function cutQuarantined(record: Quarantined, room: Room): Quarantined {
  const { payload, detail } = record
  const why = `${detail}; its bytes (${payload.length} in base64) fit in no record of topic quarantine and were not kept`
  return cutColumns(payload === '' ? record : { ...record, payload: '', detail: why }, QUARANTINED, room).record
}

const BY_TOPIC: ReadonlyMap<string, Smaller> = new Map([
  entry(interactions, (record, room) => [cutInteraction(record, room)]),
  entry(correlations, cutRelay),
  entry(steps, (record, room) => [{ ...record, interaction: cutInteraction(record.interaction, room) }]),
  entry(findings, (record, room) => [cutColumns(record, FINDING, room).record]),
  entry(alerts, (record, room) => [cutColumns(record, ALERT, room).record]),
  entry(deliveries, (record, room) => [cutColumns(record, DELIVERY, room).record]),
  entry(quarantine, (record, room) => [cutQuarantined(record, room)]),
])

/** What says the same in less room, `round` from 0 to `ROUNDS - 1`; undefined for topics of which no record is ever cut. */
export function smaller<T>(topic: Topic<T>, record: T, round: number): readonly T[] | undefined {
  return BY_TOPIC.get(topic.name)?.(record, ROOMS[round] as Room) as readonly T[] | undefined
}
