/** Load on OTLP/HTTP: bodies of `otlp-body.ts` over keep-alive connections, closed loop or paced, with the time of every answer. */
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { alarmingBody, bodyTemplate, freshBody, SPANS } from './otlp-body.ts'

export interface LoadOptions {
  /** Base address of the receiver. */
  readonly url: string
  readonly connections: number
  /** Spans a second over all connections, 0 = as fast as answers come. */
  readonly rate: number
}

/** Since `mark()`; of requests that were answered 200, spans as `accepted`. */
export interface Answers {
  accepted: number
  refused: number
  ackMs: number[]
}

const ALARM_EVERY_MS = 200
const REFUSED_WAIT_MS = 500
const nothing = (): Answers => ({ accepted: 0, refused: 0, ackMs: [] })

/** Runs from its making until `stop()`. */
export class Load {
  /** All spans that were acknowledged, alarms included. */
  acknowledged = 0
  #answers = nothing()
  #stopped = false
  readonly #options: LoadOptions
  readonly #agent: Agent
  readonly #done: Promise<unknown>

  constructor(options: LoadOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connections + 2 })
    this.#done = Promise.all([...Array.from({ length: options.connections }, () => this.#sender()), this.#alarms()])
  }

  /** What was answered since the last mark. */
  mark(): Answers {
    const answers = this.#answers
    this.#answers = nothing()
    return answers
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
    this.#agent.destroy()
  }

  async #sender(): Promise<void> {
    const { connections, rate } = this.#options
    const template = bodyTemplate()
    const gapMs = rate === 0 ? 0 : (connections * SPANS * 1000) / rate
    let due = performance.now() + Math.random() * gapMs
    while (!this.#stopped) {
      if (gapMs > 0) {
        await wait(Math.max(0, due - performance.now()))
        due += gapMs
      }
      const started = performance.now()
      const taken = await this.#post(freshBody(template, Date.now()), SPANS)
      this.#answers.ackMs.push(performance.now() - started)
      if (!taken) await wait(REFUSED_WAIT_MS)
    }
  }

  /** What one observation shows, now and then: its findings are what is measured apart. */
  async #alarms(): Promise<void> {
    while (!this.#stopped) {
      await this.#post(alarmingBody(Date.now()), 1)
      await wait(ALARM_EVERY_MS)
    }
  }

  async #post(body: Buffer, spans: number): Promise<boolean> {
    const status = await send(`${this.#options.url}/v1/traces`, { body, agent: this.#agent })
    if (status === 200) {
      this.acknowledged += spans
      this.#answers.accepted += spans
    } else this.#answers.refused += spans
    return status === 200
  }
}

function send(url: string, { body, agent }: { readonly body: Buffer; readonly agent: Agent }): Promise<number> {
  const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
