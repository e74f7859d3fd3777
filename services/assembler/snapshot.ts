/** The assembler's state as bytes, made in slices so that the event loop stays free; nothing may be folded meanwhile. */
import { setImmediate as yieldToLoop } from 'node:timers/promises'
import { Packr } from 'msgpackr'
import { type AssemblerState, emptyState } from './fold.ts'
import type { Trace } from './trace.ts'

export const STATE_VERSION = 1
const SLICE = 200

const packr = new Packr({ useRecords: true, mapsAsObjects: false, moreTypes: true, int64AsType: 'bigint' })

interface Head {
  readonly now: bigint
  readonly habits: AssemblerState['habits']
  readonly gone: AssemblerState['gone']
  readonly counts: AssemblerState['counts']
  readonly pending: readonly string[]
}

const framed = (bytes: Buffer): Buffer[] => {
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32LE(bytes.length)
  return [length, bytes]
}

export async function encodeState(state: AssemblerState): Promise<Buffer> {
  const { now, habits, gone, counts, pending } = state
  const chunks = framed(packr.pack({ now, habits, gone, counts, pending: [...pending] } satisfies Head))
  let slice: Trace[] = []
  const flush = async () => {
    chunks.push(...framed(packr.pack(slice)))
    slice = []
    await yieldToLoop()
  }
  for (const trace of state.traces.values()) {
    slice.push(trace)
    if (slice.length >= SLICE) await flush()
  }
  await flush()
  return Buffer.concat(chunks)
}

/** Throws when the bytes are not such a state. */
export function decodeState(bytes: Buffer): AssemblerState {
  const parts: unknown[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at)
    parts.push(packr.unpack(bytes.subarray(at + 4, at + 4 + length)))
    at += 4 + length
  }
  const head = parts.shift() as Head
  const traces = (parts as Trace[][]).flat()
  return {
    ...emptyState(), ...head, counts: { ...head.counts }, pending: new Set(head.pending),
    traces: new Map(traces.map((trace) => [trace.key, trace])),
    spans: traces.reduce((sum, trace) => sum + trace.nodes.size + trace.logIds.size, 0),
  }
}
