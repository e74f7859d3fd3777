/** What the alerter needs from outside: its config slice and its ports. */
import type { Clock, Log, Notifier, Publisher, Snapshots, Subscriber } from '../../schemas/ports.ts'
import type { RuleText } from '../../schemas/rule-text.ts'
import type { Severity } from '../../schemas/vocabulary.ts'

/** What the alerter has to know of a receiver; how it is reached is its notifier's business. */
export interface ReceiverRules {
  readonly name: string
  /** Receiver that is told instead while this one is down. */
  readonly fallback?: string | undefined
  /** Over it messages are held back and told in one summary; critical alerts have as many again. */
  readonly messagesPerHour: number
  /** Told of what comes after the opening (acknowledged, resolved), too. */
  readonly sendResolved: boolean
}

/** Hours of a week in a zone. `from` and `to` are HH:MM; `to` before `from` = over midnight, and the day is that of its beginning. */
export interface RouteHours {
  readonly zone: string
  readonly days: readonly string[]
  readonly from: string
  readonly to: string
}

/** Every part that is given must fit; of a list one entry. */
export interface RouteRules {
  readonly name: string
  readonly severityFrom?: Severity | undefined
  readonly tenants?: readonly string[] | undefined
  readonly detectors?: readonly string[] | undefined
  readonly families?: readonly string[] | undefined
  /** Ids of catalogues that the alert's rules carry. */
  readonly tags?: readonly string[] | undefined
  readonly servers?: readonly string[] | undefined
  readonly actors?: readonly string[] | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly hours?: RouteHours | undefined
  readonly receivers: readonly string[]
  /** Later routes are asked, too. */
  readonly continue: boolean
}

export interface AlerterConfig {
  /** Before a group's first message; critical groups do not wait. */
  readonly groupWaitSeconds: number
  /** Least time between two messages of a group. */
  readonly groupIntervalSeconds: number
  /** Quiet time after which an alert resolves by itself. */
  readonly resolveAfterHours: number
  /** How long new findings of a resolved alert open it again; 72 where absent. */
  readonly reopenWithinHours?: number
  /** Least severity of a finding that people are told of; `medium` where absent. */
  readonly notifyFrom?: Severity
  /** What detectors look for, so that messages say what to do; none where absent. */
  readonly ruleTexts?: readonly RuleText[]
  /** Said in every message, and what routes can ask for. */
  readonly labels?: Readonly<Record<string, string>>
  /** Without a slash at their ends; links to them are in messages. */
  readonly consoleUrl?: string | undefined
  readonly runbookUrl?: string | undefined
  /** Asked in order, the first that fits decides; where none does, every receiver is told that is not kept for other tenants. */
  readonly routes?: readonly RouteRules[]
  /** Those of the configuration; a notifier that is not here has the usual rules. */
  readonly receivers?: readonly ReceiverRules[]
}

/** The configuration in nanoseconds, with the limits that nobody needs to set. */
export interface AlerterRules {
  readonly groupWait: bigint
  readonly groupInterval: bigint
  readonly resolveAfter: bigint
  readonly reopenWithin: bigint
  /** What is less is kept and shown in the alert that it belongs to, and makes no message. */
  readonly notifyFrom: Severity
  /** By detector. */
  readonly texts: ReadonlyMap<string, RuleText>
  readonly labels: Readonly<Record<string, string>>
  readonly consoleUrl: string
  readonly runbookUrl: string
  readonly routes: readonly RouteRules[]
  /** By name. */
  readonly receivers: ReadonlyMap<string, ReceiverRules>
  /** Most open alerts of one partition; over it the oldest is told, if it still waits, and resolved. */
  readonly maxOpenAlerts: number
  /** Most resolved alerts that are kept to be opened again, or judged. */
  readonly maxResolvedAlerts: number
  /** Most messages waiting for one receiver; what comes on top is told in a summary. */
  readonly maxWaiting: number
  /** Most messages that were given up and can be sent again. */
  readonly maxDeadLetters: number
  readonly maxSilences: number
}

const nanosOf = (seconds: number): bigint => BigInt(Math.round(seconds * 1e9))
const LIMITS = { maxOpenAlerts: 10_000, maxResolvedAlerts: 2_000, maxWaiting: 1_000, maxDeadLetters: 500, maxSilences: 1_000 }

export const rulesOf = (config: AlerterConfig): AlerterRules => ({
  groupWait: nanosOf(config.groupWaitSeconds), groupInterval: nanosOf(config.groupIntervalSeconds), resolveAfter: nanosOf(config.resolveAfterHours * 3600),
  reopenWithin: nanosOf((config.reopenWithinHours ?? 72) * 3600), notifyFrom: config.notifyFrom ?? 'medium',
  texts: new Map((config.ruleTexts ?? []).map((text) => [text.detector, text])),
  labels: config.labels ?? {}, consoleUrl: config.consoleUrl ?? '', runbookUrl: config.runbookUrl ?? '', routes: config.routes ?? [],
  receivers: new Map((config.receivers ?? []).map((receiver) => [receiver.name, receiver])), ...LIMITS,
})

/** What a receiver that is not configured, such as one that was added for a while, is taken for. */
export const receiverRules = (rules: AlerterRules, name: string): ReceiverRules => rules.receivers.get(name) ?? { name, messagesPerHour: 60, sendResolved: true }

/** One alarm clock; setting it again replaces the last. */
export interface Wake {
  /** Calls `run` once, after so many milliseconds. */
  set(milliseconds: number, run: () => void): void
  clear(): void
}

export interface AlerterPorts {
  readonly bus: Publisher & Subscriber
  readonly snapshots: Snapshots
  readonly clock: Clock
  /** Read anew for each message: its owner may add and remove receivers. A receiver that is gone gets no more attempts. */
  readonly notifiers: readonly Notifier[]
  readonly log: Log
  /** What others answered, before it is stored or told. */
  redact(tenant: string, text: string): string
  /** The process's own timer where omitted. */
  readonly wake?: Wake
}
