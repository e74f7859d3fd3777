/** Parts that are held until others may meet them. */
import { decodePart, encodePart, type Part } from '../../../schemas/relay.ts'

/** Where a part can be had again. */
export interface Kept {
  readonly id: string
  readonly trace: string
  /** Undefined where its trace is held in the same process: then it is made again when it is needed, which is seldom. */
  readonly bytes: Buffer | undefined
}

export interface Keeper {
  keep(part: Part): Kept
  /** Undefined where the trace was let go. */
  get(kept: Kept): Part | undefined
}

const named = ({ interaction: { interaction_id: id }, trace }: Part, bytes: Buffer | undefined): Kept => ({ id, trace, bytes })

/** Parts of traces that are held elsewhere. */
export const byteKeeper: Keeper = {
  keep: (part) => named(part, encodePart(part)),
  get: ({ bytes }) => (bytes === undefined ? undefined : decodePart(bytes)),
}

/** Parts of traces that are held here, where `find` has them; what was put together of several traces is not. */
export const traceKeeper = (find: (trace: string, id: string) => Part | undefined): Keeper => ({
  keep: (part) => named(part, part.bridged ? encodePart(part) : undefined),
  get: ({ id, trace, bytes }) => (bytes === undefined ? find(trace, id) : decodePart(bytes)),
})
