/**
 * Keys of the log, ordered so that one partition of a topic is one range by offset:
 *   'E' topic u16 partition u48 offset   an envelope          'G' topic u48 group   what one group wrote
 *   'S' topic                            bounds of a topic    'C' topic group       committed offsets of a consumer group
 *   'T'                                  what the last transaction left
 * Names are u8 length and UTF-8 bytes; numbers are big-endian.
 */
import { Failure } from '../../schemas/failure.ts'

const KIND = { envelope: 0x45, group: 0x47, state: 0x53, commits: 0x43, last: 0x54 } as const
export type KeyKind = keyof typeof KIND

export type LogKey =
  | { readonly kind: 'envelope'; readonly topic: string; readonly partition: number; readonly offset: number }
  | { readonly kind: 'group'; readonly topic: string; readonly number: number }
  | { readonly kind: 'state'; readonly topic: string }
  | { readonly kind: 'commits'; readonly topic: string; readonly group: string }
  | { readonly kind: 'last'; readonly topic: '' }

/** First byte of every key of that kind; a range over the kind goes from it to the next byte. */
export const kindRange = (kind: KeyKind): { start: Buffer; end: Buffer } => ({ start: Buffer.from([KIND[kind]]), end: Buffer.from([KIND[kind] + 1]) })

function named(kind: KeyKind, name: string, extra: number): Buffer {
  const length = Buffer.byteLength(name)
  if (length === 0 || length > 200) {
    throw new Failure('misconfigured', 'log.name', `a topic or group name must have 1 to 200 bytes: ${JSON.stringify(name.slice(0, 50))}`)
  }
  const key = Buffer.allocUnsafe(2 + length + extra)
  key[0] = KIND[kind]
  key[1] = length
  key.write(name, 2)
  return key
}

export function envelopeKey(topic: string, partition: number, offset: number): Buffer {
  const key = named('envelope', topic, 8)
  key.writeUInt16BE(partition, key.length - 8)
  key.writeUIntBE(offset, key.length - 6, 6)
  return key
}

export function groupKey(topic: string, number: number): Buffer {
  const key = named('group', topic, 6)
  key.writeUIntBE(number, key.length - 6, 6)
  return key
}

export const stateKey = (topic: string): Buffer => named('state', topic, 0)

export const commitsKey = (topic: string, group: string): Buffer =>
  Buffer.concat([named('commits', topic, 0), named('commits', group, 0).subarray(1)])

/** Lies next to the records of the topics and is written in every transaction. */
export const LAST_KEY = Buffer.from([KIND.last])

/** Undefined for bytes that are no key of ours. */
export function parseKey(key: Buffer): LogKey | undefined {
  if (key.equals(LAST_KEY)) return { kind: 'last', topic: '' }
  const nameEnd = 2 + (key[1] ?? 0)
  if (nameEnd > key.length || nameEnd === 2) return undefined
  const topic = key.toString('utf8', 2, nameEnd)
  const rest = key.length - nameEnd
  if (key[0] === KIND.envelope && rest === 8) {
    return { kind: 'envelope', topic, partition: key.readUInt16BE(nameEnd), offset: key.readUIntBE(nameEnd + 2, 6) }
  }
  if (key[0] === KIND.group && rest === 6) return { kind: 'group', topic, number: key.readUIntBE(nameEnd, 6) }
  if (key[0] === KIND.state && rest === 0) return { kind: 'state', topic }
  if (key[0] === KIND.commits && rest === 1 + key[nameEnd]!) return { kind: 'commits', topic, group: key.toString('utf8', nameEnd + 1) }
  return undefined
}
