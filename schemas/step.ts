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

export interface Step {
  readonly interaction: Interaction
  /** Keys that live in this partition, in the order in which they are to be stepped. */
  readonly keys: readonly StepKey[]
  /** Where there are any, the interaction is only what they were learnt from, and there are no keys. */
  readonly lessons: readonly Lesson[]
}

/** The first had no lessons, the second interactions with fewer fields. */
const FORMAT = 3
const FIRST = 1
const writer = new CanonicalWriter()

/** Envelope: u8 format (3), LEB128 count; per record LEB128 count of texts, two a key, the same of lessons, three each, then the fields of the interaction. */
export function encodeSteps(steps: readonly Step[]): Buffer {
  writer.restart()
  writer.reserve(6)
  writer.buffer[writer.length++] = FORMAT
  writer.varint(steps.length)
  for (const { interaction, keys, lessons } of steps) {
    writer.texts(keys.flatMap(({ detector, key }) => [detector, key]))
    writer.texts(lessons.flatMap(({ detector, key, lesson }) => [detector, key, String(lesson)]))
    writeInteraction(writer, interaction)
  }
  return Buffer.from(writer.buffer.subarray(0, writer.length))
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
    steps.push({ keys, lessons, interaction: readInteraction(reader, format === FORMAT ? 2 : 1) })
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
