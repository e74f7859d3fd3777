/** What the alerter remembers of one partition of `findings`. Everything in it is bounded; times are the clock's, in nanoseconds, 0n = not set. */
import type { AlertEvent } from '../../schemas/alert-event.ts'
import type { Alert, Delivery } from '../../schemas/alert.ts'
import type { Finding, FindingCase } from '../../schemas/finding.ts'
import type { SilenceRow } from '../../schemas/silence.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { Agenda } from './agenda.ts'
import { isComposite } from './composite.ts'

/** What is kept of a finding while its alert is open. */
export type Member = Pick<Finding,
  'finding_id' | 'version' | 'detector' | 'rule_version' | 'severity' | 'title' | 'observed' | 'expected' | 'interaction_id' | 'actor' | 'actor_kind' | 'principal'
  | 'client' | 'server' | 'tool' | 'trace_id' | 'conversation' | 'window_start' | 'window_end' | 'evidence_ids'> & FindingCase

/** An alert that is not resolved, with its findings and its timers. */
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
  /** When the last message was made, or held back. */
  notifiedAt: bigint
  /** What people were last told, in short: the same again is not sent. */
  toldWords: string
  /** Receivers that were told that it is open, and those of an earlier time that were told that it was over. */
  toldTo: string[]
  toldBefore: string[]
  /** While somebody has it: only what is graver than this is told. '' = nobody has. */
  quietTo: Severity | ''
  /** Told next as opened again. */
  again: boolean
  /** Storms in whose summary it was counted. */
  heldIn: string[]
  /** Whether `alert` still has to reach the bus, and whether that can wait a little. */
  unpublished: boolean
  patient: boolean
  publishedAt: bigint
}

/** A resolved alert, kept for a while to be opened again or judged. */
export interface Resolved {
  readonly alertId: string
  readonly tenant: string
  readonly keys: readonly string[]
  readonly resolvedAt: bigint
  /** The group, packed. */
  readonly packed: Buffer
}

/** A message on its way to one receiver. */
export interface Pending {
  readonly messageId: string
  /** '' = about no single alert. */
  readonly alertId: string
  readonly alertVersion: number
  readonly tenant: string
  readonly receiver: string
  /** Messages of one line keep their order. */
  readonly line: string
  /** Deflated: the receiver's own form. */
  readonly body: Buffer
  readonly severity: Severity
  madeAt: bigint
  /** Attempts made. */
  attempts: number
  nextAt: bigint
  /** The same for the fallback, until it was handed over. */
  spare: { readonly receiver: string; readonly body: Buffer } | undefined
}

/** How a receiver has been answering. */
export interface Line {
  /** Attempts without success since the last one that had it. */
  failures: number
  failingSince: bigint
  /** Nothing goes out before, by the receiver's own `Retry-After`. */
  notBefore: bigint
  /** Down: only one attempt at a time, and not before; 0n = up. */
  probeAt: bigint
  probes: number
  /** It said 410: nothing goes out until then, and messages are given up. */
  disabled: boolean
  /** Our configuration does not let us reach it: messages are held, and asked about again by the next process, which may have another. Not in states of before. */
  refused?: boolean
}

/** Messages of the last hour, by minute. */
export interface Spent {
  readonly minute: number
  others: number
  critical: number
}

/** What was held back for one receiver. */
export interface Storm {
  readonly stormId: string
  readonly tenant: string
  readonly receiver: string
  readonly since: bigint
  until: bigint
  messages: number
  alerts: number
  readonly bySeverity: Map<Severity, number>
  top: { readonly alert_id: string; readonly severity: Severity; readonly title: string }[]
  /** Held back since the last summary. */
  untold: number
  summaryAt: bigint
  summaries: number
}

/** What lies on disk, but for `nextOffset`. */
export interface Kept {
  /** By alert id, oldest first. */
  readonly groups: Map<string, Group>
  /** By alert id, resolved first first. */
  readonly resolved: Map<string, Resolved>
  /** Who did something of a family lately → the alert of it; the oldest first. */
  readonly recent: Map<string, { readonly alertId: string; readonly at: bigint }>
  /** finding_id → highest version seen, and its alert; also for alerts that are closed, the oldest let go first. */
  readonly known: Map<string, { readonly version: number; readonly alertId: string }>
  /** Orders that were carried out or refused, the oldest first. */
  readonly orders: Set<string>
  /** By silence id. */
  readonly silences: Map<string, SilenceRow>
  /** By receiver. */
  readonly spent: Map<string, Spent[]>
  readonly lines: Map<string, Line>
  /** By storm id. */
  readonly storms: Map<string, Storm>
  readonly pending: Pending[]
  /** Messages that were given up, the oldest first. */
  readonly dead: Pending[]
  /** What still has to reach the bus: alerts that are no longer open, by id, and all that is said beside alerts. */
  readonly closed: Map<string, Alert>
  readonly events: AlertEvent[]
  readonly deliveries: Delivery[]
  readonly saidSilences: SilenceRow[]
  readonly raised: Finding[]
}

/** Everything of one partition. */
export interface AlerterState extends Kept {
  nextOffset: number
  /** Group key → alert id, of open and resolved alerts; made from them. */
  readonly byKey: Map<string, string>
  /** Alerts to look at now, and those that can wait. */
  readonly touched: Set<string>
  readonly agenda: Agenda
  /** When all are looked at: a silence begins or ends. */
  scanAt: bigint
  /** Alerts that are sums of others, and may be over. */
  readonly sums: Set<string>
  /** Tenants whose alerts may be held, or no longer held, by something that has changed. */
  readonly review: Set<string>
}

export const emptyKept = (): Kept => ({
  groups: new Map(), resolved: new Map(), recent: new Map(), known: new Map(), orders: new Set(), silences: new Map(), spent: new Map(), lines: new Map(),
  storms: new Map(), pending: [], dead: [], closed: new Map(), events: [], deliveries: [], saidSilences: [], raised: [],
})

/** What is on disk, ready to go on. */
export const stateOf = (kept: Kept, nextOffset: number): AlerterState => ({
  ...kept, nextOffset, scanAt: 0n, touched: new Set(), review: new Set(), agenda: new Agenda(),
  sums: new Set([...kept.groups].filter(([, group]) => isComposite(group)).map(([id]) => id)),
  byKey: new Map([
    ...[...kept.resolved].flatMap(([id, { keys }]) => keys.map((key) => [key, id] as const)),
    ...[...kept.groups].flatMap(([id, { keys }]) => keys.map((key) => [key, id] as const)),
  ]),
})

export const emptyState = (): AlerterState => stateOf(emptyKept(), 0)
