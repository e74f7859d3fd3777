/** What the alerter needs from outside: its config slice and its ports. */
import type { Clock, Log, Notifier, Publisher, Snapshots, Subscriber } from '../../schemas/ports.ts'
import type { RuleText } from '../../schemas/rule-text.ts'
import type { Severity } from '../../schemas/vocabulary.ts'

export interface AlerterConfig {
  /** Before a group's first message; critical groups do not wait. */
  readonly groupWaitSeconds: number
  /** Least time between two messages of a group. */
  readonly groupIntervalSeconds: number
  /** Quiet time after which an alert resolves by itself. */
  readonly resolveAfterHours: number
  /** Least severity of a finding that people are told of; `medium` where absent. */
  readonly notifyFrom?: Severity
  /** What detectors look for, so that messages say what to do; none where absent. */
  readonly ruleTexts?: readonly RuleText[]
}

/** The configuration in nanoseconds, with the limits that nobody needs to set. */
export interface AlerterRules {
  readonly groupWait: bigint
  readonly groupInterval: bigint
  readonly resolveAfter: bigint
  /** What is less is kept and shown in the alert that it belongs to, and makes no message. */
  readonly notifyFrom: Severity
  /** By detector. */
  readonly texts: ReadonlyMap<string, RuleText>
  /** Most open alerts of one partition; over it the oldest is told, if it still waits, and resolved. */
  readonly maxOpenAlerts: number
  /** Most messages waiting for receivers; while there are as many, no new ones are made and their alerts wait. */
  readonly maxPending: number
}

const nanosOf = (seconds: number): bigint => BigInt(Math.round(seconds * 1e9))

export const rulesOf = ({ groupWaitSeconds, groupIntervalSeconds, resolveAfterHours, notifyFrom = 'medium', ruleTexts = [] }: AlerterConfig): AlerterRules => ({
  groupWait: nanosOf(groupWaitSeconds), groupInterval: nanosOf(groupIntervalSeconds), resolveAfter: nanosOf(resolveAfterHours * 3600),
  notifyFrom, texts: new Map(ruleTexts.map((text) => [text.detector, text])), maxOpenAlerts: 10_000, maxPending: 5_000,
})

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
  /** The process's own timer where omitted. */
  readonly wake?: Wake
}
