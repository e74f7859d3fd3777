/**
 * One partition of `findings`: its state, in turns. Order within a turn: change, save, publish, send. So nothing is said to anybody
 * that is not on disk, and a message that goes out twice after a crash goes out with the same id and body.
 */
import type { Alert, Delivery } from '../../schemas/alert.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { Envelope, Keyed, Notifier } from '../../schemas/ports.ts'
import { alerts, deliveries } from '../../schemas/topics.ts'
import type { AlerterPorts, AlerterRules } from './contracts.ts'
import { heads, settleAttempt } from './deliver.ts'
import { nextDue, runDue } from './due.ts'
import { takeFinding } from './group.ts'
import { tracedDelivery } from './tracing.ts'
import { type AlerterState, decodeState, emptyState, encodeState, type Pending, STATE_VERSION } from './state.ts'

/** Messages in flight at a time: in all, and to one receiver, so that a slow one does not hold up the others. */
const MOST_IN_FLIGHT = 8
const MOST_IN_FLIGHT_EACH = 2
/** Wait before what could not be written is tried again. */
const WRITE_AGAIN = 1_000_000_000n

export class Desk {
  readonly #name: string
  readonly #ports: AlerterPorts
  readonly #rules: AlerterRules
  #state: AlerterState = emptyState()
  #saved = 0
  /** Whether the state in memory differs from the one on disk in more than its offset. */
  #dirty = false
  #turn: Promise<unknown> = Promise.resolve()
  readonly #inFlight = new Map<Pending, Promise<void>>()
  readonly #stopping = new AbortController()
  /** Told after each turn, so that the next wake can be set. */
  readonly #changed: () => void

  private constructor(partition: number, ports: AlerterPorts, rules: AlerterRules, changed: () => void) {
    this.#name = `alerter-${partition}`
    this.#ports = ports
    this.#rules = rules
    this.#changed = changed
  }

  /** With the newest state on disk; a state of another version, or that cannot be read, is left and said. */
  static async open(partition: number, ports: AlerterPorts, rules: AlerterRules, changed: () => void): Promise<Desk> {
    const desk = new Desk(partition, ports, rules, changed)
    const snapshot = await ports.snapshots.load(desk.#name)
    if (snapshot === undefined) return desk
    try {
      if (snapshot.version !== STATE_VERSION) throw new RangeError(`state of version ${snapshot.version}`)
      desk.#state = decodeState(snapshot.state, snapshot.nextOffset)
      desk.#saved = snapshot.nextOffset
    } catch (error) {
      ports.log.error(
        { snapshot: desk.#name, error: error instanceof Error ? error.message : String(error) },
        'the alerter starts from nothing: its state cannot be used',
      )
    }
    return desk
  }

  /** Where to go on reading; undefined when there was no state. */
  get start(): number | undefined {
    return this.#saved === 0 ? undefined : this.#saved
  }

  /** Everything before this offset is in the saved state. */
  get saved(): number {
    return this.#saved
  }

  nextDue(): bigint | undefined {
    if (this.#dirty || this.#hasNews()) return this.#ports.clock.now() + WRITE_AGAIN
    return nextDue(this.#state, (pending) => this.#isBlocked(pending), this.#rules)
  }

  /** Takes findings in. Throws Failure `unavailable` when state or alerts cannot be written; the same envelopes may then come again. */
  async take(envelopes: readonly Envelope<Finding>[]): Promise<void> {
    await this.#inTurn(async () => {
      for (const { offset, records } of envelopes) {
        if (offset < this.#state.nextOffset) continue
        for (const finding of records) if (this.#takeOne(finding)) this.#dirty = true
        this.#state.nextOffset = offset + 1
      }
      await this.#settle()
    })
  }

  #takeOne(finding: Finding): boolean {
    try {
      return takeFinding(this.#state, finding, this.#ports.clock.now(), this.#rules)
    } catch (error) {
      this.#ports.log.error(
        { finding_id: finding.finding_id, error: error instanceof Error ? error.message : String(error) }, 'a finding could not be made an alert',
      )
      return false
    }
  }

  /** Goes on behind a gap of the topic. */
  async skipTo(next: number): Promise<void> {
    await this.#inTurn(async () => {
      if (next > this.#state.nextOffset) this.#state.nextOffset = next
    })
  }

  /** Does what the clock asks for. */
  async tick(): Promise<void> {
    await this.#inTurn(() => this.#settle())
  }

  /** Stops attempts under way (they count as not made) and saves. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([...this.#inFlight.values()])
    await this.#inTurn(() => this.#save())
  }

  async #inTurn(action: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(action)
    this.#turn = turn.catch(() => undefined)
    try {
      await turn
    } finally {
      this.#changed()
    }
  }

  async #settle(): Promise<void> {
    const { clock, notifiers } = this.#ports
    if (runDue(this.#state, notifiers, clock.now(), this.#rules)) this.#dirty = true
    if (this.#dirty) await this.#save()
    if (this.#hasNews()) await this.#publish()
    this.#send()
  }

  #hasNews(): boolean {
    const { groups, closed, deliveries: made } = this.#state
    return closed.length > 0 || made.length > 0 || [...groups.values()].some(({ unpublished }) => unpublished)
  }

  async #save(): Promise<void> {
    const { nextOffset } = this.#state
    await this.#ports.snapshots.save(this.#name, { version: STATE_VERSION, nextOffset, state: encodeState(this.#state) })
    this.#saved = nextOffset
    this.#dirty = false
  }

  /** What is published here is in the saved state as not yet published, so a crash now says it again in the same words. */
  async #publish(): Promise<void> {
    const { bus } = this.#ports
    const state = this.#state
    const groups = [...state.groups.values()].filter(({ unpublished }) => unpublished)
    const changed: Keyed<Alert>[] = [...groups.map(({ alert }) => alert), ...state.closed].map((alert) => ({ key: alert.alert_id, record: alert }))
    const made: Keyed<Delivery>[] = state.deliveries.map((delivery) => ({ key: delivery.alert_id, record: delivery }))
    if (changed.length > 0) await bus.publish(alerts, changed)
    for (const group of groups) group.unpublished = false
    state.closed.length = 0
    if (made.length > 0) await bus.publish(deliveries, made)
    state.deliveries.length = 0
  }

  #isBlocked(pending: Pending): boolean {
    if (this.#inFlight.size >= MOST_IN_FLIGHT || this.#inFlight.has(pending)) return true
    let each = 0
    for (const { receiver } of this.#inFlight.keys()) if (receiver === pending.receiver) each++
    return each >= MOST_IN_FLIGHT_EACH
  }

  #send(): void {
    if (this.#stopping.signal.aborted) return
    const now = this.#ports.clock.now()
    for (const pending of heads(this.#state)) {
      if (pending.nextAt <= now && !this.#isBlocked(pending)) this.#inFlight.set(pending, this.#attempt(pending))
    }
  }

  /** Never rejects: what cannot be written now is written with the next turn. */
  async #attempt(pending: Pending): Promise<void> {
    const { clock, notifiers, log } = this.#ports
    const startedAt = clock.now()
    const notifier = notifiers.find(({ receiver }) => receiver === pending.receiver)
    const answer = notifier === undefined ? GONE : await this.#ask(notifier, pending, startedAt)
    const endedAt = clock.now()
    // Settled and forgotten in one step: a message must never look free while its answer waits for a turn.
    const turn = this.#inTurn(async () => {
      this.#inFlight.delete(pending)
      if (this.#stopping.signal.aborted) return
      const outcome = settleAttempt(this.#state, pending, { answer, startedAt, endedAt })
      const facts = { message_id: pending.messageId, receiver: pending.receiver, attempt: pending.attempts, status: answer.status, outcome }
      if (outcome !== 'delivered') log.warn(facts, 'an alert message was not delivered')
      this.#dirty = true
      await this.#settle()
    })
    await turn.catch((error: unknown) => log.error(
      { error: error instanceof Error ? error.message : String(error) }, 'the alerter cannot write its state; it tries again',
    ))
  }

  async #ask(notifier: Notifier, pending: Pending, at: bigint): Promise<typeof GONE> {
    const { messageId: id, body } = pending
    try {
      return await tracedDelivery(pending, () => notifier.send({ id, at, body }, this.#stopping.signal))
    } catch (error) {
      return { status: 0, text: error instanceof Error ? error.message : String(error), retryAfterSeconds: undefined }
    }
  }
}

/** What stands for the answer of a receiver that was removed: the same as its own 410. */
const GONE: { readonly status: number; readonly text: string; readonly retryAfterSeconds: number | undefined } = {
  status: 410, text: 'the receiver is no longer configured', retryAfterSeconds: undefined,
}
