/** What an answer makes of a message on its way: done, given up, or tried again later. Pure but for the state given. */
import type { Delivery } from '../../schemas/alert.ts'
import type { Answer } from '../../schemas/ports.ts'
import type { AlerterRules } from './contracts.ts'
import { failed, jittered, succeeded } from './line.ts'
import { giveUp, handOverAll } from './queue.ts'
import type { AlerterState, Pending } from './state.ts'

const SECOND = 1_000_000_000n
const HOUR = 3600n * SECOND
/** After the first, second, … attempt; the last one repeats. */
const BACK_OFF: readonly bigint[] = [
  SECOND, 5n * SECOND, 30n * SECOND, 120n * SECOND, 300n * SECOND, 900n * SECOND, HOUR, 2n * HOUR, 5n * HOUR, 10n * HOUR, 14n * HOUR,
]
/** A message older than this is not tried again. */
const GIVE_UP_AFTER = 72n * HOUR
const MOST_PATIENCE = 86_400
/** 4xx answers that may pass: timeout, too early, too many; and a wrong key or address, which somebody will repair. */
const PASSING: ReadonlySet<number> = new Set([401, 403, 404, 407, 408, 425, 429])

const askedFor = (retryAfterSeconds: number | undefined): bigint => BigInt(Math.ceil(Math.min(Math.max(retryAfterSeconds ?? 0, 0), MOST_PATIENCE))) * SECOND

/** How long to wait after the attempt just counted: the back-off, or what the receiver asks for if that is longer. */
export function waitAfter({ messageId, receiver, attempts }: Pending, retryAfterSeconds: number | undefined): bigint {
  const wait = jittered(BACK_OFF[Math.min(attempts, BACK_OFF.length) - 1] ?? SECOND, `${messageId} ${receiver} ${attempts}`)
  const asked = askedFor(retryAfterSeconds)
  return asked > wait ? asked : wait
}

/** 2xx is success. 4xx is the receiver's last word but for the passing ones. No answer, 3xx and 5xx may pass; what we refuse ourselves waits for another configuration. */
export function verdictOn({ status, refused }: Pick<Answer, 'status' | 'refused'>): Delivery['outcome'] {
  if (refused === true) return 'refused'
  if (status >= 200 && status < 300) return 'delivered'
  return status >= 400 && status < 500 && !PASSING.has(status) ? 'gave_up' : 'retry'
}

export interface Attempt {
  readonly answer: Answer
  readonly startedAt: bigint
  readonly endedAt: bigint
  /** Nothing was sent: the receiver is not configured any more, or has said that it is gone. */
  readonly unsent?: boolean
}

/** What the answer says of the receiver, and what that means for all that waits for it. */
function judge(state: AlerterState, pending: Pending, { answer, startedAt, endedAt, unsent = false }: Attempt): void {
  if (unsent) return
  const { status, retryAfterSeconds, refused = false } = answer
  if (verdictOn(answer) === 'delivered') succeeded(state, pending.receiver, endedAt)
  else if (failed(state, pending, { status, startedAt, at: endedAt, wait: askedFor(retryAfterSeconds), refused })) handOverAll(state, pending.receiver, endedAt)
}

/** Counts the attempt, says it in `deliveries`, and drops, postpones or gives up the message. */
export function settleAttempt(state: AlerterState, pending: Pending, attempt: Attempt, rules: AlerterRules): Delivery['outcome'] {
  const { answer, startedAt, endedAt } = attempt
  pending.attempts++
  judge(state, pending, attempt)
  const nextAt = endedAt + waitAfter(pending, answer.retryAfterSeconds)
  const first = verdictOn(answer)
  const outcome = (first === 'retry' || first === 'refused') && nextAt > pending.madeAt + GIVE_UP_AFTER ? 'gave_up' : first
  state.deliveries.push({
    message_id: pending.messageId, attempt: pending.attempts, tenant: pending.tenant, alert_id: pending.alertId, alert_version: pending.alertVersion,
    receiver: pending.receiver, attempted_at: startedAt, duration_ns: endedAt - startedAt, status: answer.status, outcome,
    answer: answer.text.slice(0, 1024),
  })
  if (outcome === 'gave_up') giveUp(state, pending, endedAt, rules)
  else if (outcome === 'delivered') state.pending.splice(state.pending.indexOf(pending), 1)
  else pending.nextAt = nextAt
  return outcome
}
