/** One partition of `response-orders`, in turns: change, save, publish, send. Nothing is sent that is not on disk, and what goes out twice after a crash has the same id and body. */
import type { Answer, Envelope } from '../../schemas/ports.ts'
import type { ResponseAction, ResponseOrder } from '../../schemas/response-action.ts'
import { alertEvents, responseActions } from '../../schemas/topics.ts'
import { expire, nextDue, settle, takeOrder, type Turn } from './carry-out.ts'
import type { ResponderPorts } from './contracts.ts'
import { decodeState, emptyState, encodeState, type ResponderState, STATE_VERSION } from './state.ts'

const SEND_MS = 30_000
const WRITE_AGAIN = 1_000_000_000n
const MOST_IN_FLIGHT = 8

const NO_HOOK: Answer = { status: 410, text: 'the hook is no longer configured', retryAfterSeconds: undefined }

export class ResponseDesk {
  readonly #name: string
  readonly #ports: ResponderPorts
  readonly #hooks: ReadonlyMap<string, ResponderPorts['hooks'][number]>
  #state: ResponderState = emptyState()
  #dirty = false
  #saved = 0
  #turn: Promise<unknown> = Promise.resolve()
  readonly #inFlight = new Map<string, Promise<void>>()
  readonly #stopping = new AbortController()
  readonly #changed: () => void

  private constructor(partition: number, ports: ResponderPorts, changed: () => void) {
    this.#name = `responder-${partition}`
    this.#ports = ports
    this.#hooks = new Map(ports.hooks.map((hook) => [hook.name, hook]))
    this.#changed = changed
  }

  /** With the newest state on disk. Throws where that cannot be read: to begin with nothing would be to act twice. */
  static async open(partition: number, ports: ResponderPorts, changed: () => void): Promise<ResponseDesk> {
    const desk = new ResponseDesk(partition, ports, changed)
    const snapshot = await ports.snapshots.load(desk.#name)
    if (snapshot === undefined) return desk
    if (snapshot.version !== STATE_VERSION) throw new RangeError(`state of response actions has version ${snapshot.version}`)
    desk.#state = decodeState(snapshot.state, snapshot.nextOffset)
    desk.#saved = snapshot.nextOffset
    return desk
  }

  get saved(): number {
    return this.#saved
  }

  nextDue(): bigint | undefined {
    if (this.#dirty || this.#hasNews()) return this.#ports.clock.now() + WRITE_AGAIN
    // While there is no room, the end of an attempt is what wakes us.
    const free = this.#inFlight.size < MOST_IN_FLIGHT ? [...this.#state.dueAt].filter(([id]) => !this.#inFlight.has(id)) : []
    return nextDue({ actions: this.#state.actions, dueAt: new Map(free) }, this.#ports.lasts)
  }

  /** Throws Failure `unavailable` when state or events cannot be written; the same envelopes may then come again. */
  async take(envelopes: readonly Envelope<ResponseOrder>[]): Promise<void> {
    await this.#inTurn(async () => {
      for (const { offset, records } of envelopes) {
        if (offset < this.#state.nextOffset) continue
        for (const record of records) this.#takeOne(record)
        this.#state.nextOffset = offset + 1
        this.#dirty = true
      }
      await this.#finish()
    })
  }

  #takeOne(record: ResponseOrder): void {
    try {
      takeOrder(this.#at(), record)
    } catch (error) {
      this.#ports.log.error({ error: error instanceof Error ? error.message : String(error) }, 'an order of a response could not be carried out')
    }
  }

  async skipTo(next: number): Promise<void> {
    await this.#inTurn(async () => {
      if (next > this.#state.nextOffset) this.#state.nextOffset = next
    })
  }

  /** Does what the clock asks for. */
  async tick(): Promise<void> {
    await this.#inTurn(() => this.#finish())
  }

  /** Stops attempts under way (they count as not made) and saves. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([...this.#inFlight.values()])
    await this.#inTurn(() => this.#save())
  }

  #at(): Turn {
    const { clock, lasts } = this.#ports
    return { state: this.#state, hooks: this.#hooks, now: clock.now(), lasts, isSending: (id) => this.#inFlight.has(id) }
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

  async #finish(): Promise<void> {
    const before = this.#state.unsaidActions.length
    expire(this.#at())
    if (this.#dirty || this.#state.unsaidActions.length > before) await this.#save()
    if (this.#hasNews()) await this.#publish()
    this.#send()
  }

  #hasNews(): boolean {
    return this.#state.unsaidActions.length + this.#state.unsaidEvents.length > 0
  }

  async #save(): Promise<void> {
    const { nextOffset } = this.#state
    await this.#ports.snapshots.save(this.#name, { version: STATE_VERSION, nextOffset, state: encodeState(this.#state) })
    this.#saved = nextOffset
    this.#dirty = false
  }

  /** In the saved state it is not yet published: a crash now says it again in the same words. */
  async #publish(): Promise<void> {
    const { unsaidActions, unsaidEvents } = this.#state
    if (unsaidActions.length > 0) await this.#ports.bus.publish(responseActions, unsaidActions.map((record) => ({ key: record.action_id, record })))
    unsaidActions.length = 0
    if (unsaidEvents.length > 0) await this.#ports.bus.publish(alertEvents, unsaidEvents.map((record) => ({ key: record.alert_id === '' ? record.tenant : record.alert_id, record })))
    unsaidEvents.length = 0
  }

  #send(): void {
    if (this.#stopping.signal.aborted) return
    const now = this.#ports.clock.now()
    for (const [id, at] of this.#state.dueAt) {
      const action = this.#state.actions.get(id)
      if (this.#inFlight.size >= MOST_IN_FLIGHT) return
      if (action !== undefined && at <= now && !this.#inFlight.has(id)) this.#inFlight.set(id, this.#attempt(action))
    }
  }

  /** Never rejects. */
  async #attempt({ action_id: id, tenant, hook, body }: ResponseAction): Promise<void> {
    const { clock, log, redact } = this.#ports
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(SEND_MS)])
    const answer = await this.#hooks.get(hook)?.send({ id: `act_${id}`, at: clock.now(), body }, signal)
      .catch((error: unknown) => ({ status: 0, text: error instanceof Error ? error.message : String(error), retryAfterSeconds: undefined }))
    const turn = this.#inTurn(async () => {
      this.#inFlight.delete(id)
      if (this.#stopping.signal.aborted) return
      settle(this.#at(), id, answer === undefined ? NO_HOOK : { ...answer, text: redact(tenant, answer.text) })
      this.#dirty = true
      await this.#finish()
    })
    await turn.catch((error: unknown) => log.error({ error: error instanceof Error ? error.message : String(error) }, 'the responder cannot write its state; it tries again'))
  }
}
