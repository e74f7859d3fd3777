/** State of a partition as bytes, made in slices so that the event loop stays free; nothing may be folded meanwhile. */
import { setImmediate as yieldToLoop } from 'node:timers/promises'
import { Packr } from 'msgpackr'
import type { Armed } from '../../detectors/detector.ts'
import type { Notice } from '../../schemas/step.ts'
import type { WorkerConfig } from './contracts.ts'
import { Disputes, type KeptDispute } from './disputes.ts'
import type { FoldState } from './fold.ts'
import { type KeptState, KeyStates } from './key-states.ts'

export const STATE_VERSION = 2
const SLICE = 2_000

const packr = new Packr({ useRecords: true, moreTypes: true, int64AsType: 'bigint' })

/** What was said and what was judged lately, oldest first. */
export interface Memories {
  readonly findings: readonly string[]
  readonly interactions: readonly string[]
}

interface Head {
  readonly watermark: bigint
  readonly received: bigint
  readonly sweepAt: bigint
  readonly recent: Memories
  /** Absent in snapshots of before there were any. */
  readonly disputes?: readonly KeptDispute[]
  readonly resets?: readonly Notice[]
  /** `homed`: those whose states live beside other keys have them there; absent in snapshots of before. */
  readonly detectors: readonly { readonly id: string; readonly version: number; readonly slices: number; readonly homed?: boolean }[]
}

const framed = (bytes: Buffer): Buffer[] => {
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32LE(bytes.length)
  return [length, bytes]
}

/** Layout: frames of u32 length and msgpack; first the head, then per detector its slices of [tenant, key, state, used], in the order of `entries`. */
export async function encodeFold(state: FoldState, recent: Memories, armed: readonly Armed[]): Promise<Buffer> {
  const { watermark, received, sweepAt, resets } = state
  const sizes = armed.filter(({ rule }) => state.keys.has(rule.id)).map(({ rule }) => ({ id: rule.id, version: rule.version, homed: true, slices: Math.ceil((state.keys.get(rule.id)?.size ?? 0) / SLICE) }))
  const chunks = framed(packr.pack({ watermark, received, sweepAt, recent, disputes: state.disputes.toJSON(), resets, detectors: sizes } satisfies Head))
  for (const { id, slices } of sizes) {
    const entries = state.keys.get(id)?.entries() ?? []
    for (let i = 0; i < slices; i++) {
      chunks.push(...framed(packr.pack(entries.slice(i * SLICE, (i + 1) * SLICE))))
      await yieldToLoop()
    }
  }
  return Buffer.concat(chunks)
}

export interface Decoded {
  readonly state: FoldState
  readonly recent: Memories
  /** Detectors whose state was of another rule version, or lies in other partitions by now: they start from nothing. */
  readonly ignored: readonly string[]
}

/** Throws when the bytes are not such a state. */
export function decodeFold(bytes: Buffer, armed: readonly Armed[], { maxKeys, partitions }: Pick<WorkerConfig, 'maxKeys' | 'partitions'>): Decoded {
  const frames = framesOf(bytes)
  const { watermark, received, sweepAt, recent, disputes, resets = [], detectors } = packr.unpack(frames.next().value ?? Buffer.alloc(0)) as Head
  const keys = new Map<string, KeyStates>()
  const ignored: string[] = []
  for (const { id, version, slices, homed = false } of detectors) {
    const entries: KeptState[] = []
    for (let i = 0; i < slices; i++) entries.push(...(packr.unpack(frames.next().value ?? Buffer.alloc(0)) as KeptState[]))
    if (armed.some(({ rule, moves }) => rule.id === id && rule.version === version && (homed || !moves || partitions === 1))) keys.set(id, new KeyStates(maxKeys, entries))
    else ignored.push(id)
  }
  return { state: { watermark, received, sweepAt, keys, disputes: new Disputes(disputes), resets: [...resets] }, recent, ignored }
}

function* framesOf(bytes: Buffer): Generator<Buffer, undefined> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at)
    yield bytes.subarray(at + 4, end)
    at = end
  }
}
