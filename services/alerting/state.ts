/** What the alerter remembers: open alerts by group, and messages that are not delivered yet. Plain data, saved as one with the offset. */
import { Packr } from 'msgpackr'
import type { Alert } from '../../schemas/alert.ts'
import type { Finding } from '../../schemas/finding.ts'

export interface OpenAlert {
  alert: Alert
  /** By finding id; the newest version of each. */
  readonly findings: Map<string, Finding>
  /** Clock time, nanoseconds. */
  openedAt: bigint
  changedAt: bigint
  /** 0n = no message yet. */
  toldAt: bigint
  /** Findings that no message has told. */
  untold: number
}

export interface Message {
  /** `webhook-id`, the same for every attempt. */
  readonly id: string
  readonly receiver: string
  readonly tenant: string
  readonly alertId: string
  readonly alertVersion: number
  readonly body: string
  /** When the first attempt was due, and the next is. Nanoseconds. */
  readonly since: bigint
  dueAt: bigint
  attempts: number
}

export interface AlerterState {
  readonly open: Map<string, OpenAlert>
  readonly messages: Map<string, Message>
}

export const STATE_VERSION = 1
export const emptyState = (): AlerterState => ({ open: new Map(), messages: new Map() })

const packr = new Packr({ useRecords: true, mapsAsObjects: false, int64AsType: 'bigint' })
export const encodeState = (state: AlerterState): Buffer => packr.pack(state)
export const decodeState = (bytes: Buffer): AlerterState => packr.unpack(bytes) as AlerterState
