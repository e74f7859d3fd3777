/**
 * One partition of `findings`: its state, in turns. Order within a turn: change, save, publish, send. So nothing is said to anybody
 * that is not on disk, and a message that goes out twice after a crash goes out with the same id and body.
 */
import { type AlertOrder, isOrder } from '../../schemas/alert-order.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { Answer, Envelope, Notifier } from '../../schemas/ports.ts'
import type { AlerterPorts, AlerterRules } from './contracts.ts'
import { settleAttempt } from './deliver.ts'
import { nextDue, runDue } from './due.ts'
import { takeFinding } from './group.ts'
import { isDown, isShut, reconsider, tryAt } from './line.ts'
import { takeOrder } from './orders.ts'
import { newsAt, publishNews } from './outbox.ts'
import { bodyOf, heads } from './queue.ts'
import { decodeState, encodeState, STATE_VERSION } from './state-codec.ts'
import { type AlerterState, emptyState, type Pending } from './state.ts'
import type { AlerterTelemetry, Standing } from './telemetry.ts'
import { tracedDelivery } from './tracing.ts'

/** Messages in flight at a time: in all, and to one receiver, so that a slow one does not hold up the others. */
const MOST_IN_FLIGHT = 32
const MOST_IN_FLIGHT_EACH = 2
/** Wait before what could not be written is tried again. */
const WRITE_AGAIN = 1_000_000_000n
/** A change that somebody is to hear of is saved at once, others once a second: until then they are made again from what is on the bus. */
const LONGEST_UNTOLD = 1_000_000_000n
/** A state that is not small is saved so seldom that it is a megabyte a second, but at least every five seconds. */
const SMALL = 32_768
const NS_PER_BYTE = 1_000n
const LONGEST_UNSAVED = 5_000_000_000n

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

export interface Surroundings {
  /** Told after each turn, so that the next wake can be set. */
  changed(): void
  readonly telemetry: Pick<AlerterTelemetry, 'attempted'>
}

export class Desk {
  readonly #name: string
  readonly #ports: AlerterPorts
  readonly #rules: AlerterRules
  #state: AlerterState = emptyState()
  #saved = 0
  /** Whether the state in memory differs from the one on disk in more than its offset. */
  #dirty = false
  /** When what has changed may be saved, and when it is at the latest. */
  #saveFrom = 0n
  #saveBy = 0n
  /** Messages that are on disk. */
  #sendable = new Set<Pending>()
  #turn: Promise<unknown> = Promise.resolve()
  readonly #inFlight = new Map<Pending, Promise<void>>()
  readonly #stopping = new AbortController()
  readonly #office: Surroundings

  private constructor(partition: number, ports: AlerterPorts, rules: AlerterRules, office: Surroundings) {
    this.#name = `alerter-${partition}`
    this.#ports = ports
    this.#rules = rules
    this.#office = office
  }

  /** With the newest state on disk, brought to this version; one that cannot be read is left and said. */
  static async open(partition: number, ports: AlerterPorts, rules: AlerterRules, office: Surroundings): Promise<Desk> {
    const desk = new Desk(partition, ports, rules, office)
    const snapshot = await ports.snapshots.load(desk.#name)
    if (snapshot === undefined) return desk
    try {
      desk.#state = decodeState(snapshot)
      reconsider(desk.#state, ports.clock.now())
      desk.#saved = snapshot.nextOffset
      desk.#sendable = new Set(desk.#state.pending)
    } catch (error) {
      ports.log.error({ snapshot: desk.#name, error: reasonOf(error) }, 'the alerter starts from nothing: its state cannot be used')
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

  get standing(): Standing {
    const { groups, dead, pending, lines } = this.#state
    const waiting = new Map(this.#ports.notifiers.map(({ receiver }) => [receiver, 0]))
    for (const { receiver } of pending) waiting.set(receiver, (waiting.get(receiver) ?? 0) + 1)
    return { open: groups.size, dead: dead.length, waiting, down: new Set([...lines].filter(([, { probeAt }]) => probeAt !== 0n).map(([receiver]) => receiver)) }
  }

  nextDue(): bigint | undefined {
    const now = this.#ports.clock.now()
    if (this.#dirty) {
      const saveAt = this.#saveAt(now)
      return saveAt > now ? saveAt : now + WRITE_AGAIN
    }
    const news = newsAt(this.#state)
    const due = nextDue(this.#state, (pending) => this.#isBlocked(pending), now, this.#rules)
    if (news === undefined) return due
    const again = news > now ? news : now + WRITE_AGAIN
    return due === undefined || again < due ? again : due
  }

  /** Takes findings and orders in. Throws Failure `unavailable` when state or alerts cannot be written; the same envelopes may then come again. */
  async take(envelopes: readonly Envelope<Finding | AlertOrder>[]): Promise<void> {
    await this.#inTurn(async () => {
      for (const { offset, records } of envelopes) {
        if (offset < this.#state.nextOffset) continue
        for (const record of records) if (this.#takeOne(record)) this.#dirty = true
        this.#state.nextOffset = offset + 1
      }
      await this.#settle()
    })
  }

  #takeOne(record: Finding | AlertOrder): boolean {
    const { clock, notifiers, log } = this.#ports
    const now = clock.now()
    try {
      if (isOrder(record)) {
        // Somebody waits for the answer.
        this.#saveFrom = this.#saveBy = 0n
        return takeOrder({ state: this.#state, receivers: notifiers, now, rules: this.#rules }, record)
      }
      return takeFinding(this.#state, record, now, this.#rules)
    } catch (error) {
      log.error({ id: isOrder(record) ? record.order_id : record.finding_id, error: reasonOf(error) }, 'a finding could not be made an alert, or an order not be carried out')
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
      this.#office.changed()
    }
  }

  async #settle(): Promise<void> {
    const { bus, clock, notifiers } = this.#ports
    const now = clock.now()
    if (runDue(this.#state, notifiers, now, this.#rules)) this.#dirty = true
    if (this.#dirty && now >= this.#saveAt(now)) await this.#save()
    // What is in memory alone is told to nobody.
    if (!this.#dirty && (newsAt(this.#state) ?? now + 1n) <= now) await publishNews(bus, this.#state, now)
    this.#send()
  }

  async #save(): Promise<void> {
    const { nextOffset, pending } = this.#state
    const sendable = new Set(pending)
    this.#saveFrom = this.#saveBy = 0n
    const state = await encodeState(this.#state)
    await this.#ports.snapshots.save(this.#name, { version: STATE_VERSION, nextOffset, state })
    this.#saved = nextOffset
    this.#dirty = false
    this.#sendable = sendable
    const now = this.#ports.clock.now()
    const gap = state.length > SMALL ? BigInt(state.length) * NS_PER_BYTE : 0n
    this.#saveFrom = now + (gap < LONGEST_UNSAVED ? gap : LONGEST_UNSAVED)
    this.#saveBy = now + LONGEST_UNTOLD
  }

  /** When what has changed is to be saved. */
  #saveAt(now: bigint): bigint {
    return this.#saveFrom > this.#saveBy || this.#isAwaited(now) ? this.#saveFrom : this.#saveBy
  }

  /** Whether something waits for the save: to be published, or sent. */
  #isAwaited(now: bigint): boolean {
    return (newsAt(this.#state) ?? now + 1n) <= now || this.#state.pending.some((pending) => !this.#sendable.has(pending))
  }

  /** One that is down is asked by one message at a time. */
  #isBlocked(pending: Pending): boolean {
    if (this.#inFlight.size >= MOST_IN_FLIGHT || this.#inFlight.has(pending)) return true
    let each = 0
    for (const { receiver } of this.#inFlight.keys()) if (receiver === pending.receiver) each++
    return each >= (isDown(this.#state, pending.receiver) ? 1 : MOST_IN_FLIGHT_EACH)
  }

  #send(): void {
    if (this.#stopping.signal.aborted) return
    const now = this.#ports.clock.now()
    for (const pending of heads(this.#state)) {
      if (!this.#sendable.has(pending) || tryAt(this.#state, pending, now) > now || this.#isBlocked(pending)) continue
      this.#inFlight.set(pending, this.#attempt(pending))
    }
  }

  /** Never rejects: what cannot be written now is written with the next turn. */
  async #attempt(pending: Pending): Promise<void> {
    const { clock, notifiers, log } = this.#ports
    const startedAt = clock.now()
    const notifier = notifiers.find(({ receiver }) => receiver === pending.receiver)
    const unsent = notifier === undefined ? GONE : isShut(this.#state, pending.receiver, startedAt) ? SHUT : undefined
    const answer = unsent ?? await this.#ask(notifier!, pending, startedAt)
    const endedAt = clock.now()
    // Settled and forgotten in one step: a message must never look free while its answer waits for a turn.
    const turn = this.#inTurn(async () => {
      this.#inFlight.delete(pending)
      if (this.#stopping.signal.aborted) return
      const outcome = settleAttempt(this.#state, pending, { answer, startedAt, endedAt, unsent: unsent !== undefined }, this.#rules)
      const facts = { message_id: pending.messageId, receiver: pending.receiver, attempt: pending.attempts, status: answer.status, outcome }
      this.#office.telemetry.attempted(pending.receiver, outcome, Number(endedAt - startedAt) / 1e9)
      if (answer.refused === true) log.error({ ...facts, reason: answer.text }, 'a receiver is not reached: our configuration refuses its target, and its messages are held')
      else if (outcome !== 'delivered') log.warn(facts, 'an alert message was not delivered')
      this.#dirty = true
      await this.#settle()
    })
    await turn.catch((error: unknown) => log.error({ error: reasonOf(error) }, 'the alerter cannot write its state; it tries again'))
  }

  async #ask(notifier: Notifier, pending: Pending, at: bigint): Promise<Answer> {
    try {
      const message = { id: pending.messageId, at, body: bodyOf(pending) }
      const answer = await tracedDelivery(pending, () => notifier.send(message, this.#stopping.signal))
      return { ...answer, text: this.#ports.redact(pending.tenant, answer.text) }
    } catch (error) {
      return { status: 0, text: this.#ports.redact(pending.tenant, reasonOf(error)), retryAfterSeconds: undefined }
    }
  }
}

/** What stands for the answer of a receiver that was removed, or has said that it is gone: the same as its own 410. */
const GONE: Answer = { status: 410, text: 'the receiver is no longer configured', retryAfterSeconds: undefined }
const SHUT: Answer = { status: 410, text: 'not sent: the receiver has said that it is gone', retryAfterSeconds: undefined }
