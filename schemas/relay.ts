/** What one stage of the assembler tells the next about calls that may have to do with more than one trace: records of topic `correlations`. */
import { CanonicalWriter } from './canonical-bytes.ts'
import { CanonicalReader } from './canonical-reader.ts'
import type { Interaction } from './interaction.ts'
import { type Generation, readInteraction, writeInteraction } from './interaction-fields.ts'

/** What is known at a home: parts by tool call id, rounds of a call by what its server gave the client to carry, lineage by conversation, habits by actor. */
export const HOMES = ['call', 'answer', 'ask', 'conversation', 'actor'] as const
export type Home = (typeof HOMES)[number]
/** As they are numbered in an envelope. */
const WRITTEN_HOMES: readonly Home[] = ['call', 'conversation', 'actor', 'answer', 'ask']

/** A tool's result, with the id of its call. */
export interface Told {
  readonly id: string
  readonly text: string
}

/** Digests of the `requestState` (MCP 2026-07-28) with which a server asked for more, and which a request carried; '' where there is none, or its other end is in the same trace. */
export interface CarriedStates {
  readonly asked: string
  readonly answered: string
}

/** A call as its trace shows it. */
export interface Part extends CarriedStates {
  /** With the lineage that its own trace tells. */
  readonly interaction: Interaction
  /** Key of the trace that this lineage is of. */
  readonly trace: string
  /** '' where none is known. */
  readonly conversation: string
  /** The root of the trace has come: that nobody asked may mean something. */
  readonly rooted: boolean
  /** Views of several traces were put together, so the lineage was not worked out for all that it says. */
  readonly bridged: boolean
  /** Turns of its own trace, newest last, and the results in which argument values stand; both bounded. */
  readonly turns: readonly string[]
  readonly results: readonly Told[]
}

/** What was said in a conversation, and since when it was known, nanoseconds. */
export interface Word extends Told {
  readonly kind: 'turn' | 'result'
  readonly at: bigint
}

interface Addressed {
  /** Tenant and what the records meet by. */
  readonly key: string
  /** Record time at the sender, nanoseconds. */
  readonly at: bigint
}
export interface PartRelay extends Addressed {
  readonly kind: 'part'
  readonly home: Home
  readonly part: Part
}
export interface WordsRelay extends Addressed {
  readonly kind: 'words'
  readonly trace: string
  readonly words: readonly Word[]
}
/** The call has gone to another conversation. */
export interface LeaveRelay extends Addressed {
  readonly kind: 'leave'
  readonly interactionId: string
}
export interface HabitRelay extends Addressed {
  readonly kind: 'habit'
  readonly calls: number
  readonly asked: number
}
export interface TickRelay extends Addressed {
  readonly kind: 'tick'
}
export type Relay = PartRelay | WordsRelay | LeaveRelay | HabitRelay | TickRelay

/** The first had interactions with fewer fields, the second parts without states. */
const FORMAT = 3
type Format = 1 | 2 | 3
const KINDS = ['part', 'words', 'leave', 'habit', 'tick'] as const
const WORD_KINDS = ['turn', 'result'] as const
const writer = new CanonicalWriter()

/** A part that was read, with its bytes: one that is kept or sent on unchanged need not be written field by field. Copies with changes do not have them. */
class ReadPart implements Part {
  readonly #bytes: Buffer
  readonly interaction: Interaction
  readonly trace: string
  readonly conversation: string
  readonly rooted: boolean
  readonly bridged: boolean
  readonly asked: string
  readonly answered: string
  readonly turns: readonly string[]
  readonly results: readonly Told[]

  constructor(part: Part, bytes: Buffer) {
    this.#bytes = bytes
    this.interaction = part.interaction
    this.trace = part.trace
    this.conversation = part.conversation
    this.rooted = part.rooted
    this.bridged = part.bridged
    this.asked = part.asked
    this.answered = part.answered
    this.turns = part.turns
    this.results = part.results
  }

  static bytesOf(part: Part): Buffer | undefined {
    return #bytes in part ? part.#bytes : undefined
  }
}

function writePart(part: Part): void {
  const bytes = ReadPart.bytesOf(part)
  if (bytes !== undefined) return writer.bytes(bytes)
  writer.text(part.trace)
  writer.text(part.conversation)
  writer.flag(part.rooted)
  writer.flag(part.bridged)
  writer.text(part.asked)
  writer.text(part.answered)
  writer.texts(part.turns)
  writer.texts(part.results.flatMap(({ id, text }) => [id, text]))
  writeInteraction(writer, part.interaction)
}

function readPart(reader: CanonicalReader, format: Format): Part {
  const start = reader.position
  const part = partIn(reader, format)
  return format === FORMAT ? new ReadPart(part, reader.buffer.subarray(start, reader.position)) : part
}

function partIn(reader: CanonicalReader, format: Format): Part {
  const trace = reader.text()
  const conversation = reader.text()
  const rooted = reader.flag()
  const bridged = reader.flag()
  const [asked, answered] = format === FORMAT ? [reader.text(), reader.text()] : ['', '']
  const generation: Generation = format === 1 ? 1 : 2
  const turns = reader.texts()
  const told = reader.texts()
  const results: Told[] = []
  for (let at = 0; at + 1 < told.length; at += 2) results.push({ id: told[at] as string, text: told[at + 1] as string })
  return { interaction: readInteraction(reader, generation), trace, conversation, rooted, bridged, asked, answered, turns, results }
}

/** A part alone, to be kept; memory of its own, so that it keeps nothing else. */
export function encodePart(part: Part): Buffer {
  const bytes = ReadPart.bytesOf(part)
  if (bytes !== undefined) return Buffer.from(bytes)
  writer.restart()
  writePart(part)
  return Buffer.from(writer.buffer.subarray(0, writer.length))
}

/** Throws RangeError when the bytes are not one part. */
export const decodePart = (bytes: Buffer): Part => readPart(new CanonicalReader(bytes, 0), FORMAT)

function byte(value: number): void {
  writer.reserve(6)
  writer.buffer[writer.length++] = value
}

function writeWords({ trace, words }: WordsRelay): void {
  writer.text(trace)
  byte(0)
  writer.varint(words.length)
  for (const { kind, id, text, at } of words) {
    byte(WORD_KINDS.indexOf(kind))
    writer.text(id)
    writer.text(text)
    writer.int(at)
  }
}

function readWords(reader: CanonicalReader): Pick<WordsRelay, 'trace' | 'words'> {
  const trace = reader.text()
  reader.position++
  const words: Word[] = []
  for (let left = reader.count(); left > 0; left--) {
    const kind = WORD_KINDS[reader.buffer[reader.position++] ?? -1]
    if (kind === undefined) throw new RangeError('envelope of correlations: unknown kind of word')
    words.push({ kind, id: reader.text(), text: reader.text(), at: reader.int() })
  }
  return { trace, words }
}

function writeRelay(relay: Relay): void {
  byte(KINDS.indexOf(relay.kind))
  writer.text(relay.key)
  writer.int(relay.at)
  if (relay.kind === 'part') {
    byte(WRITTEN_HOMES.indexOf(relay.home))
    writePart(relay.part)
  } else if (relay.kind === 'words') writeWords(relay)
  else if (relay.kind === 'leave') writer.text(relay.interactionId)
  else if (relay.kind === 'habit') {
    writer.int(BigInt(relay.calls))
    writer.int(BigInt(relay.asked))
  }
}

function readRelay(reader: CanonicalReader, format: Format): Relay {
  const kind = KINDS[reader.buffer[reader.position++] ?? -1]
  const key = reader.text()
  const at = reader.int()
  if (kind === 'tick') return { kind, key, at }
  if (kind === 'words') return { kind, key, at, ...readWords(reader) }
  if (kind === 'leave') return { kind, key, at, interactionId: reader.id() }
  if (kind === 'habit') return { kind, key, at, calls: Number(reader.int()), asked: Number(reader.int()) }
  const home = WRITTEN_HOMES[reader.buffer[reader.position++] ?? -1]
  if (kind === undefined || home === undefined) throw new RangeError('envelope of correlations: unknown kind of record')
  return { kind, key, at, home, part: readPart(reader, format) }
}

/** Envelope: u8 format (3), LEB128 count, then the records with the primitives of canonical.ts. In memory that the next call uses again. */
export function lendRelays(relays: readonly Relay[]): Buffer {
  writer.restart()
  byte(FORMAT)
  writer.varint(relays.length)
  for (const relay of relays) writeRelay(relay)
  return writer.buffer.subarray(0, writer.length)
}

/** The returned buffer is the caller's own. */
export const encodeRelays = (relays: readonly Relay[]): Buffer => Buffer.from(lendRelays(relays))

/** Throws RangeError when the bytes are not a whole envelope of this format. */
export function decodeRelays(bytes: Buffer): readonly Relay[] {
  const [format] = bytes
  if (format !== 1 && format !== 2 && format !== FORMAT) throw new RangeError(`envelope of correlations: format ${format} is not ${FORMAT}`)
  const reader = new CanonicalReader(bytes, 1)
  const relays: Relay[] = []
  for (let left = reader.count(); left > 0; left--) relays.push(readRelay(reader, format))
  if (reader.position !== bytes.length) throw new RangeError('envelope of correlations: bytes after its end')
  return relays
}
