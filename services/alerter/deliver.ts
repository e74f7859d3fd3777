/** What an answer makes of a message on its way: done, given up, or tried again later. Pure but for the state given. */
import { createHash } from 'node:crypto'
import type { Delivery } from '../../schemas/alert.ts'
import type { Answer } from '../../schemas/ports.ts'
import type { AlerterState, Pending } from './state.ts'

const SECOND = 1_000_000_000n
const HOUR = 3600n * SECOND
/** After the first, second, … attempt; the last one repeats. */
const BACK_OFF: readonly bigint[] = [SECOND, 5n * SECOND, 30n * SECOND, 120n * SECOND, 300n * SECOND, 900n * SECOND, HOUR, 3n * HOUR, 6n * HOUR]
/** A message older than this is not tried again. */
const GIVE_UP_AFTER = 24n * HOUR
/** 4xx answers that may pass: timeout, too early, too many. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429])

/** A tenth more or less, drawn from message, receiver and attempt: many waiting messages do not come at once, and a replay waits the same. */
function jittered(wait: bigint, { messageId, receiver, attempts }: Pending): bigint {
  const draw = createHash('sha256').update(`${messageId} ${receiver} ${attempts}`).digest().readUInt16LE(0)
  return (wait * BigInt(900_000 + Math.floor((draw * 200_000) / 65_536))) / 1_000_000n
}

/** How long to wait after the attempt just counted: the back-off, or what the receiver asks for if that is longer. */
export function waitAfter(pending: Pending, retryAfterSeconds: number | undefined): bigint {
  const wait = jittered(BACK_OFF[Math.min(pending.attempts, BACK_OFF.length) - 1] ?? SECOND, pending)
  const asked = BigInt(Math.ceil(Math.min(Math.max(retryAfterSeconds ?? 0, 0), 86_400))) * SECOND
  return asked > wait ? asked : wait
}

/** 2xx is success. 4xx is the receiver's last word but for the passing ones. No answer, 3xx and 5xx may pass. */
export function verdictOn(status: number): Delivery['outcome'] {
  if (status >= 200 && status < 300) return 'delivered'
  return status >= 400 && status < 500 && !PASSING.has(status) ? 'gave_up' : 'retry'
}

export interface Attempt {
  readonly answer: Answer
  readonly startedAt: bigint
  readonly endedAt: bigint
}

/** Counts the attempt, says it in `deliveries`, and drops or postpones the message. */
export function settleAttempt(state: AlerterState, pending: Pending, { answer, startedAt, endedAt }: Attempt): Delivery['outcome'] {
  pending.attempts++
  const nextAt = endedAt + waitAfter(pending, answer.retryAfterSeconds)
  const first = verdictOn(answer.status)
  const outcome = first === 'retry' && nextAt > pending.madeAt + GIVE_UP_AFTER ? 'gave_up' : first
  state.deliveries.push({
    message_id: pending.messageId, attempt: pending.attempts, tenant: pending.tenant, alert_id: pending.alertId, alert_version: pending.alertVersion,
    receiver: pending.receiver, attempted_at: startedAt, duration_ns: endedAt - startedAt, status: answer.status, outcome,
    answer: answer.text.slice(0, 1024),
  })
  if (outcome === 'retry') pending.nextAt = nextAt
  else state.pending.splice(state.pending.indexOf(pending), 1)
  return outcome
}

/** Messages that may be tried, oldest first: of one alert and receiver only the first, so that an update never overtakes what it updates. */
export function heads(state: AlerterState): Pending[] {
  const lines = new Set<string>()
  return state.pending.filter(({ alertId, receiver }) => {
    const line = `${alertId} ${receiver}`
    if (lines.has(line)) return false
    lines.add(line)
    return true
  })
}
