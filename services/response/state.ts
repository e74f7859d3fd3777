/** What the responder remembers of one partition of `response-orders`, and its form on disk. */
import { Packr } from 'msgpackr'
import type { AlertEvent } from '../../schemas/alert-event.ts'
import type { ResponseAction } from '../../schemas/response-action.ts'

export interface ResponderState {
  nextOffset: number
  /** By action id, oldest first. */
  readonly actions: Map<string, ResponseAction>
  /** When an approved action is sent next, nanoseconds. */
  readonly dueAt: Map<string, bigint>
  /** Orders that were carried out or refused, the oldest first. */
  readonly orders: Set<string>
  /** When messages went to each hook, within the last hour. */
  readonly sent: Map<string, bigint[]>
  /** What still has to reach the bus. */
  readonly unsaidActions: ResponseAction[]
  readonly unsaidEvents: AlertEvent[]
}

export const STATE_VERSION = 1
export const emptyState = (): ResponderState =>
  ({ nextOffset: 0, actions: new Map(), dueAt: new Map(), orders: new Set(), sent: new Map(), unsaidActions: [], unsaidEvents: [] })

const packr = new Packr({ useRecords: true, moreTypes: true, int64AsType: 'bigint' })

export const encodeState = ({ nextOffset: _place, ...state }: ResponderState): Buffer => Buffer.from(packr.pack(state))
/** Throws when the bytes are not such a state. */
export const decodeState = (bytes: Buffer, nextOffset: number): ResponderState => ({ ...(packr.unpack(bytes) as Omit<ResponderState, 'nextOffset'>), nextOffset })
