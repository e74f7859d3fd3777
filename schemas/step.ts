/**
 * An interaction on its way to the states of some keys. On a bus of several partitions interactions lie by actor, but a token, a server or
 * a tool is used by many: so that all of one key meet in one place and in order, each is sent once more to where its keys live.
 */
import { CanonicalWriter } from './canonical-bytes.ts'
import { CanonicalReader } from './canonical-reader.ts'
import type { Interaction } from './interaction.ts'
import { readInteraction, writeInteraction } from './interaction-fields.ts'

export interface StepKey {
  readonly detector: string
  readonly key: string
}

/** What the states of a key on all partitions are to learn. */
export interface Lesson extends StepKey {
  readonly lesson: number
}

/** `reset`: what was learned of somebody or something is to be forgotten. `dispute`: something of weight was said of an actor. */
const NOTICES = ['reset', 'dispute'] as const

/** What every partition is told of a tenant's actor, server or tool. */
export interface Notice {
  readonly kind: (typeof NOTICES)[number]
  /** The same notice told twice is one. */
  readonly id: string
  /** Nanoseconds. */
  readonly at: bigint
  readonly tenant: string
  /** '' = not by this, as of the others. */
  readonly actor: string
  readonly server: string
  readonly tool: string
  /** '' = of every detector. */
  readonly detector: string
}

export interface Step {
  readonly interaction: Interaction
  /** The interaction as it is written, where that is at hand; nobody is told of it. */
  readonly bytes?: Buffer
  /** Keys that live in this partition, in the order in which they are to be stepped. */
  readonly keys: readonly StepKey[]
  /** Where there are any, the interaction is only what they were learnt from, and there are no keys. */
  readonly lessons: readonly Lesson[]
  /** Where there are any, the interaction is none. */
  readonly notices: readonly Notice[]
}

/** The first had no lessons, the second interactions with fewer fields, the third no notices. */
const FORMAT = 4
const FIRST = 1
const SECOND = 2
const NOTICE_TEXTS = 8
const writer = new CanonicalWriter()

/** The bytes of an interaction: one that goes to several partitions is written once, and copied into the envelope of each. */
export function written(interaction: Interaction): Buffer {
  writer.restart()
  writeInteraction(writer, interaction)
  return Buffer.from(writer.buffer.subarray(0, writer.length))
}

/** Envelope: u8 format (4), LEB128 count; per record LEB128 count of texts, two a key, the same of lessons, three each, and of notices, eight each, then the fields of the interaction. In memory that the next call uses again. */
export function lendSteps(steps: readonly Step[]): Buffer {
  writer.restart()
  writer.reserve(6)
  writer.buffer[writer.length++] = FORMAT
  writer.varint(steps.length)
  for (const { interaction, keys, lessons, notices, bytes } of steps) {
    writeKeys(keys)
    writer.texts(lessons.flatMap(({ detector, key, lesson }) => [detector, key, String(lesson)]))
    writer.texts(notices.flatMap(({ kind, id, at, tenant, actor, server, tool, detector }) => [kind, id, String(at), tenant, actor, server, tool, detector]))
    if (bytes === undefined) writeInteraction(writer, interaction)
    else writer.bytes(bytes)
  }
  return writer.buffer.subarray(0, writer.length)
}

/** The returned buffer is the caller's own. */
export const encodeSteps = (steps: readonly Step[]): Buffer => Buffer.from(lendSteps(steps))

function writeKeys(keys: readonly StepKey[]): void {
  writer.reserve(5)
  writer.varint(keys.length * 2)
  for (const { detector, key } of keys) {
    writer.text(detector)
    writer.text(key)
  }
}

/** Throws RangeError when the bytes are not a whole envelope of this format. */
export function decodeSteps(bytes: Buffer): readonly Step[] {
  const [format] = bytes
  if (format === undefined || format > FORMAT || format < FIRST) throw new RangeError(`envelope of steps: format ${format} is not ${FORMAT}`)
  const reader = new CanonicalReader(bytes, 1)
  const steps: Step[] = []
  for (let left = reader.count(); left > 0; left--) {
    const keys = keysIn(reader.texts())
    const lessons = format > FIRST ? lessonsIn(reader.texts()) : []
    const notices = format === FORMAT ? noticesIn(reader.texts()) : []
    steps.push({ keys, lessons, notices, interaction: readInteraction(reader, format > SECOND ? 2 : 1) })
  }
  if (reader.position !== bytes.length) throw new RangeError('envelope of steps: bytes after its end')
  return steps
}

function keysIn(texts: readonly string[]): readonly StepKey[] {
  const keys: StepKey[] = []
  for (let at = 0; at + 1 < texts.length; at += 2) keys.push({ detector: texts[at] as string, key: texts[at + 1] as string })
  return keys
}

function lessonsIn(texts: readonly string[]): readonly Lesson[] {
  const lessons: Lesson[] = []
  for (let at = 0; at + 2 < texts.length; at += 3) {
    lessons.push({ detector: texts[at] as string, key: texts[at + 1] as string, lesson: Number(texts[at + 2]) })
  }
  return lessons
}

/** Throws RangeError for what is no notice. */
function noticesIn(texts: readonly string[]): readonly Notice[] {
  const notices: Notice[] = []
  for (let at = 0; at + NOTICE_TEXTS <= texts.length; at += NOTICE_TEXTS) {
    const [word, id, time, tenant, actor, server, tool, detector] = texts.slice(at, at + NOTICE_TEXTS) as [string, string, string, string, string, string, string, string]
    const kind = NOTICES.find((one) => one === word)
    if (kind === undefined || !/^\d{1,20}$/.test(time)) throw new RangeError('envelope of steps: unknown kind of notice')
    notices.push({ kind, id, at: BigInt(time), tenant, actor, server, tool, detector })
  }
  return notices
}
