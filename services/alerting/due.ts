/** What the passing of time makes of the state: first messages, updates, resolutions, retries. Pure; the clock's time is an argument. */
import { hash } from 'node:crypto'
import type { Alert } from '../../schemas/alert.ts'
import type { Answer } from '../../schemas/ports.ts'
import { bodyOf } from './body.ts'
import type { AlerterState, Message, OpenAlert } from './state.ts'

export interface AlerterTimes {
  readonly groupWaitNs: bigint
  readonly groupIntervalNs: bigint
  readonly resolveAfterNs: bigint
}

const SECOND_NS = 1_000_000_000n
/** Seconds between attempts; the last repeats until a day has passed. */
const BACK_OFF = [1, 5, 30, 120, 300, 900, 3_600]
const GIVE_UP_AFTER_NS = 24n * 3_600n * SECOND_NS

/** When the group is to be told of; undefined = nothing to tell. */
function tellAt({ alert, openedAt, toldAt, untold }: OpenAlert, times: AlerterTimes): bigint | undefined {
  if (untold === 0) return undefined
  if (toldAt !== 0n) return toldAt + times.groupIntervalNs
  return alert.severity === 'critical' ? openedAt : openedAt + times.groupWaitNs
}

/** The earliest time at which `step` has something to do; undefined = never, as it stands. */
export function nextDue(state: AlerterState, times: AlerterTimes): bigint | undefined {
  const all: bigint[] = [...state.messages.values()].map((message) => message.dueAt)
  for (const held of state.open.values()) all.push(tellAt(held, times) ?? held.changedAt + times.resolveAfterNs)
  return all.length === 0 ? undefined : all.reduce((left, right) => (right < left ? right : left))
}

function messageOf(held: OpenAlert, receiver: string, now: bigint): Message {
  const { alert_id: alertId, version, tenant } = held.alert
  const id = `msg_${hash('sha256', `${alertId}\u0000${version}\u0000${receiver}`, 'hex').slice(0, 32)}`
  return { id, receiver, tenant, alertId, alertVersion: version, body: bodyOf(held), since: now, dueAt: now, attempts: 0 }
}

/** Makes the messages that are due and resolves what was quiet for long; the alerts that changed. */
export function step(state: AlerterState, receivers: readonly string[], times: AlerterTimes, now: bigint): Alert[] {
  const changed: Alert[] = []
  for (const [key, held] of state.open) {
    const at = tellAt(held, times)
    if (at !== undefined && at <= now) tell(state, held, receivers, now)
    if (held.changedAt + times.resolveAfterNs > now) continue
    state.open.delete(key)
    changed.push({ ...held.alert, version: held.alert.version + 1, status: 'resolved', updated_at: now })
  }
  return changed
}

function tell(state: AlerterState, held: OpenAlert, receivers: readonly string[], now: bigint): void {
  for (const receiver of receivers) {
    const message = messageOf(held, receiver, now)
    state.messages.set(message.id, message)
  }
  held.toldAt = now
  held.untold = 0
}

export const dueMessages = (state: AlerterState, now: bigint): Message[] => [...state.messages.values()].filter(({ dueAt }) => dueAt <= now)

/** What one answer means for a message. 2xx is success; 410 and other client errors but 408, 425 and 429 are final. */
export function outcomeOf({ status }: Answer, message: Message, now: bigint): 'delivered' | 'retry' | 'gave_up' {
  if (status >= 200 && status < 300) return 'delivered'
  const final = status >= 300 && status < 500 && ![408, 425, 429].includes(status)
  return final || now - message.since >= GIVE_UP_AFTER_NS ? 'gave_up' : 'retry'
}

/** Puts a message off. `chance` in [0, 1) spreads retries of many messages by up to a fifth. */
export function putOff(message: Message, answer: Answer, now: bigint, chance: number): void {
  message.attempts++
  const planned = BACK_OFF[Math.min(message.attempts - 1, BACK_OFF.length - 1)] as number
  const seconds = Math.max(planned * (1 + chance / 5), answer.retryAfterSeconds ?? 0)
  message.dueAt = now + BigInt(Math.round(seconds * 1e9))
}
