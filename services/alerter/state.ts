/** What the alerter remembers of one partition of `findings`, and its form on disk. */
import { Packr } from 'msgpackr'
import type { Alert, Delivery } from '../../schemas/alert.ts'
import { BLANK_CASE, type Finding, type FindingCase } from '../../schemas/finding.ts'

/** What is kept of a finding while its alert is open. */
export type Member = Pick<Finding,
  'finding_id' | 'version' | 'detector' | 'rule_version' | 'severity' | 'title' | 'observed' | 'expected' | 'interaction_id' | 'actor' | 'actor_kind' | 'principal'
  | 'client' | 'server' | 'tool' | 'trace_id' | 'conversation' | 'window_start' | 'window_end' | 'evidence_ids'> & FindingCase

/** An open alert with its findings and its timers. Times of the clock in nanoseconds, 0n = not set. */
export interface Group {
  alert: Alert
  /** Every key under which a finding finds this alert. */
  readonly keys: string[]
  readonly members: Member[]
  /** All findings of the alert, also those that are no longer kept as members. */
  findings: number
  /** When the last new finding was heard. */
  heardAt: bigint
  /** When the next message is due. */
  notifyAt: bigint
  /** When the last message was made. */
  notifiedAt: bigint
  /** Whether `alert` still has to reach the bus. */
  unpublished: boolean
}

/** A message on its way to one receiver. */
export interface Pending {
  readonly messageId: string
  readonly alertId: string
  readonly alertVersion: number
  readonly tenant: string
  readonly receiver: string
  readonly body: string
  readonly madeAt: bigint
  /** Attempts made. */
  attempts: number
  nextAt: bigint
}

/** Everything of one partition. `closed`, `deliveries` and `unpublished` alerts still have to reach the bus. */
export interface AlerterState {
  nextOffset: number
  /** By alert id, oldest first. */
  readonly groups: Map<string, Group>
  /** Group key → alert id; made from `groups`. */
  readonly byKey: Map<string, string>
  /** finding_id → highest version seen, and its alert; also for alerts that are closed, the oldest let go first. */
  readonly known: Map<string, { readonly version: number; readonly alertId: string }>
  readonly pending: Pending[]
  /** Last versions of alerts that are no longer open. */
  readonly closed: Alert[]
  readonly deliveries: Delivery[]
}

export const STATE_VERSION = 1

export const emptyState = (): AlerterState => ({
  nextOffset: 0, groups: new Map(), byKey: new Map(), known: new Map(), pending: [], closed: [], deliveries: [],
})

const packr = new Packr({ useRecords: true, moreTypes: true, int64AsType: 'bigint' })

type Stored = Pick<AlerterState, 'groups' | 'known' | 'pending' | 'closed' | 'deliveries'>

export const encodeState = ({ groups, known, pending, closed, deliveries }: AlerterState): Buffer =>
  Buffer.from(packr.pack({ groups, known, pending, closed, deliveries } satisfies Stored))

/** What members of a state lack that is older than these fields. */
const UNARGUED = { rule_version: 0, ...BLANK_CASE }

/** Throws when the bytes are not such a state. */
export function decodeState(bytes: Buffer, nextOffset: number): AlerterState {
  const stored = packr.unpack(bytes) as Stored
  for (const { members } of stored.groups.values()) for (const [at, member] of members.entries()) members[at] = { ...UNARGUED, ...member }
  const byKey = new Map([...stored.groups].flatMap(([id, { keys }]) => keys.map((key) => [key, id] as const)))
  return { ...stored, nextOffset, byKey }
}
