/** Alerter: findings → alerts → messages. State and offset are saved as one, so neither a finding nor a message is lost to a kill. */
import type { Alert, Delivery } from '../../schemas/alert.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { Answer, Bus, Clock, Envelope, Log, Notifier, Service, Snapshots, Subscription } from '../../schemas/ports.ts'
import { alerts, deliveries, findings } from '../../schemas/topics.ts'
import { type AlerterTimes, dueMessages, nextDue, outcomeOf, putOff, step } from './due.ts'
import { take } from './group.ts'
import { type AlerterState, decodeState, emptyState, encodeState, type Message, STATE_VERSION } from './state.ts'

export interface AlerterConfig {
  readonly groupWaitSeconds: number
  readonly groupIntervalSeconds: number
  readonly resolveAfterHours: number
}

export interface AlerterPorts {
  readonly bus: Bus
  readonly snapshots: Snapshots
  readonly clock: Clock
  /** Read anew each time: receivers may come and go. */
  readonly notifiers: readonly Notifier[]
  readonly log: Log
}

/** One partition of findings, and the state that belongs to it. */
interface Holding {
  readonly partition: number
  readonly state: AlerterState
  next: number
  /** Changes of the state happen one after the other. */
  turn: Promise<void>
  readonly sending: Set<string>
}

const LONGEST_SLEEP_MS = 60_000
const snapshotName = (partition: number): string => `alerter-findings-${partition}`

export function createAlerter(config: AlerterConfig, { bus, snapshots, clock, notifiers, log }: AlerterPorts): Service {
  const nanos = (seconds: number): bigint => BigInt(Math.round(seconds * 1e9))
  const times: AlerterTimes = { groupWaitNs: nanos(config.groupWaitSeconds), groupIntervalNs: nanos(config.groupIntervalSeconds), resolveAfterNs: nanos(config.resolveAfterHours * 3_600) }
  const holdings = new Map<number, Holding>()
  const stopping = new AbortController()
  const sends = new Set<Promise<void>>()
  let subscription: Subscription | undefined
  let timer: NodeJS.Timeout | undefined
  let trouble = ''

  /** Runs `change` alone on the holding's state and saves what it made of it. */
  function change(holding: Holding, work: () => Promise<boolean> | boolean): Promise<void> {
    const turn = holding.turn.then(async () => {
      if (!(await work())) return
      await snapshots.save(snapshotName(holding.partition), { version: STATE_VERSION, nextOffset: holding.next, state: encodeState(holding.state) })
    })
    holding.turn = turn.catch(() => undefined)
    return turn
  }

  const publishAlerts = (changed: readonly Alert[]): Promise<void> => bus.publish(alerts, changed.map((record) => ({ key: record.alert_id, record })))

  /** State moves on only when what it says is on the bus: a repetition publishes the same versions again, which changes nothing. */
  async function handle(envelopes: readonly Envelope<Finding>[]): Promise<void> {
    const holding = holdings.get((envelopes[0] as Envelope<Finding>).partition)
    if (holding === undefined) return
    await change(holding, async () => {
      const fresh = envelopes.filter(({ offset }) => offset >= holding.next)
      const changed = new Map<string, Alert>()
      for (const finding of fresh.flatMap(({ records }) => records)) {
        const alert = take(holding.state, finding, clock.now())
        if (alert !== undefined) changed.set(alert.alert_id, alert)
      }
      await publishAlerts([...changed.values()])
      holding.next = Math.max(holding.next, (envelopes.at(-1) as Envelope<Finding>).offset + 1)
      return true
    })
    await subscription?.commit(holding.partition, holding.next)
    wake()
  }

  async function attempt(holding: Holding, message: Message): Promise<void> {
    const notifier = notifiers.find(({ receiver }) => receiver === message.receiver)
    const attemptedAt = clock.now()
    const answer: Answer = notifier === undefined ? { status: 410, text: 'there is no such receiver any more', retryAfterSeconds: undefined }
      : await notifier.send({ id: message.id, at: attemptedAt, body: message.body }, stopping.signal)
    if (stopping.signal.aborted) return
    await change(holding, async () => {
      const outcome = outcomeOf(answer, message, clock.now())
      await record(message, { answer, outcome, attemptedAt })
      if (outcome === 'retry') putOff(message, answer, clock.now(), Math.random())
      else holding.state.messages.delete(message.id)
      return true
    })
  }

  async function record(message: Message, { answer, outcome, attemptedAt }: { answer: Answer; outcome: Delivery['outcome']; attemptedAt: bigint }): Promise<void> {
    if (outcome !== 'delivered') log.warn({ receiver: message.receiver, status: answer.status, attempt: message.attempts + 1, outcome }, 'a message was not delivered')
    const delivery: Delivery = {
      message_id: message.id, attempt: message.attempts + 1, tenant: message.tenant, alert_id: message.alertId, alert_version: message.alertVersion, receiver: message.receiver,
      attempted_at: attemptedAt, duration_ns: clock.now() - attemptedAt, status: answer.status, outcome, answer: answer.text,
    }
    await bus.publish(deliveries, [{ key: message.alertId, record: delivery }])
  }

  function sendDue(holding: Holding): void {
    for (const message of dueMessages(holding.state, clock.now())) {
      if (holding.sending.has(message.id)) continue
      holding.sending.add(message.id)
      const send = attempt(holding, message)
        .catch((error: unknown) => log.error({ err: error, receiver: message.receiver }, 'an attempt could not be recorded; it will be made again'))
        .finally(() => {
          holding.sending.delete(message.id)
          sends.delete(send)
          wake()
        })
      sends.add(send)
    }
  }

  async function passTime(holding: Holding): Promise<void> {
    const at = nextDue(holding.state, times)
    if (at === undefined || at > clock.now()) return
    await change(holding, async () => {
      await publishAlerts(step(holding.state, notifiers.map(({ receiver }) => receiver), times, clock.now()))
      return true
    })
    sendDue(holding)
  }

  /** Looks at the clock when the next thing is due; called again whenever the state may have changed. */
  function wake(): void {
    clearTimeout(timer)
    if (stopping.signal.aborted || subscription === undefined) return
    const due = [...holdings.values()].map((holding) => soonest(holding)).filter((at) => at !== undefined)
    const next = due.length === 0 ? undefined : due.reduce((left, right) => (right < left ? right : left))
    const sleep = next === undefined ? LONGEST_SLEEP_MS : Math.min(LONGEST_SLEEP_MS, Math.max(0, Number((next - clock.now()) / 1_000_000n) + 1))
    timer = setTimeout(() => void Promise.all([...holdings.values()].map(passTime)).then(wake, failed), sleep)
  }

  /** Messages on their way wake us when they are answered. */
  function soonest({ state, sending }: Holding): bigint | undefined {
    return nextDue({ open: state.open, messages: new Map([...state.messages].filter(([id]) => !sending.has(id))) }, times)
  }

  function failed(error: unknown): void {
    trouble = error instanceof Error ? error.message : String(error)
    log.error({ err: error }, 'alerter stumbled')
    if (!stopping.signal.aborted) timer = setTimeout(wake, 1_000)
  }

  return {
    name: 'alerter',
    async start() {
      subscription = await bus.subscribe(findings, {
        group: 'alerter',
        async assigned(partition) {
          const saved = await snapshots.load(snapshotName(partition))
          const usable = saved !== undefined && saved.version === STATE_VERSION
          holdings.set(partition, { partition, state: usable ? decodeState(saved.state) : emptyState(), next: usable ? saved.nextOffset : 0, turn: Promise.resolve(), sending: new Set() })
          return usable ? saved.nextOffset : 0
        },
        async revoked(partition) {
          await holdings.get(partition)?.turn
          holdings.delete(partition)
        },
        handle,
        async gap(gap) {
          log.error({ ...gap }, 'findings are lost: alerts about them will not be sent')
          const holding = holdings.get(gap.partition)
          if (holding !== undefined && holding.next < gap.next) holding.next = gap.next
        },
        failed,
      })
      wake()
    },
    async stop() {
      clearTimeout(timer)
      stopping.abort()
      await Promise.all(sends)
      await subscription?.stop()
      subscription = undefined
    },
    notReady: () => (subscription === undefined ? 'not started' : trouble),
  }
}
