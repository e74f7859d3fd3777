/** Senders that behave as exporters do: a body is sent until it is acknowledged, the same bytes each time. What was acknowledged is an obligation. */
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { alarmingBody, bodyTemplate, freshBody, SPANS } from '../../../bench/otlp-body.ts'

export interface TrafficOptions {
  /** Base addresses; each sender keeps to one. */
  readonly urls: readonly string[]
  readonly senders: number
  /** Over all senders. */
  readonly spansPerSecond: number
}

/** One body in so many is a single span that must become a finding. */
const ALARM_EVERY = 20
const TRACE_FIELD = Buffer.from([0x0a, 0x10])
const SPAN_FIELD = Buffer.from([0x12, 0x08])
const TIMEOUT_MS = 20_000
const LONGEST_WAIT_MS = 2_000
/** How long `stop` waits for the last bodies. */
const LAST_MS = 60_000

export class Traffic {
  /** Traces that were acknowledged: of a whole body, and of a body of one alarming span. */
  readonly traces: string[] = []
  readonly alarms: string[] = []
  /** Bodies whose last word is not an acknowledgement. */
  readonly unsettled: string[] = []
  /** Answers by status; 0 = none. */
  readonly answers = new Map<number, number>()
  /** Of any answer. */
  slowestMs = 0
  readonly #options: TrafficOptions
  readonly #agent: Agent
  readonly #template = bodyTemplate()
  #count = 0
  #stopped = 0
  readonly #done: Promise<unknown>

  constructor(options: TrafficOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.senders })
    this.#done = Promise.all(Array.from({ length: options.senders }, (_, number) => this.#sender(number)))
  }

  /** Spans acknowledged. */
  get spans(): number {
    return this.traces.length * SPANS + this.alarms.length
  }

  /** `200 × 123, 503 × 4`. */
  get told(): string {
    return [...this.answers].sort(([a], [b]) => a - b).map(([status, count]) => `${status === 0 ? 'none' : status} × ${count}`).join(', ')
  }

  /** Answers that are neither of these. */
  others(...statuses: readonly number[]): string {
    return [...this.answers].filter(([status]) => !statuses.includes(status)).map(([status, count]) => `${status} × ${count}`).join(', ')
  }

  /** Milliseconds until something is acknowledged again, a minute at most. */
  async acknowledgedAgain(): Promise<number> {
    const [began, had] = [performance.now(), this.spans]
    while (this.spans === had && performance.now() - began < 60_000) await wait(20)
    return performance.now() - began
  }

  async stop(): Promise<void> {
    this.#stopped = performance.now()
    await this.#done
    this.#agent.destroy()
  }

  async #sender(number: number): Promise<void> {
    const { urls, senders, spansPerSecond } = this.#options
    const url = `${urls[number % urls.length]}/v1/traces`
    const gapMs = (senders * SPANS * 1000) / spansPerSecond
    let due = performance.now() + (gapMs * number) / senders
    while (this.#stopped === 0) {
      await wait(Math.max(0, due - performance.now()))
      // After an outage it sends what it would have sent, but not all at once.
      due = Math.max(due + gapMs, performance.now() - 5 * gapMs)
      await this.#deliver(url, this.#count++ % ALARM_EVERY === ALARM_EVERY - 1)
    }
  }

  async #deliver(url: string, alarm: boolean): Promise<void> {
    const body = alarm ? alarmingBody(Date.now()) : freshBody(this.#template, Date.now())
    const trace = traceOf(body)
    for (let pause = 200; ; pause = Math.min(pause * 2, LONGEST_WAIT_MS)) {
      const began = performance.now()
      const status = await post(url, { body, agent: this.#agent })
      this.slowestMs = Math.max(this.slowestMs, performance.now() - began)
      this.answers.set(status, (this.answers.get(status) ?? 0) + 1)
      if (status === 200) return void (alarm ? this.alarms : this.traces).push(trace)
      if (this.#stopped > 0 && performance.now() - this.#stopped > LAST_MS) return void this.unsettled.push(trace)
      await wait(pause)
    }
  }
}

/** The id of the only trace of a body: field 1 of the first span, 16 bytes, with field 2, 8 bytes, behind it. */
function traceOf(body: Buffer): string {
  let at = body.indexOf(TRACE_FIELD)
  while (at !== -1 && !body.subarray(at + 18, at + 20).equals(SPAN_FIELD)) at = body.indexOf(TRACE_FIELD, at + 1)
  return body.toString('hex', at + 2, at + 18)
}

/** Status of the answer, 0 where there is none. */
function post(url: string, { body, agent }: { readonly body: Buffer; readonly agent: Agent }): Promise<number> {
  const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
  return new Promise((resolve) => {
    const sent = request(url, { method: 'POST', agent, headers, timeout: TIMEOUT_MS }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', () => resolve(0))
    })
    sent.on('timeout', () => sent.destroy())
    sent.on('error', () => resolve(0))
    sent.end(body)
  })
}
