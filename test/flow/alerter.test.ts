/** Findings in, signed messages out, over the real log and real files, with receivers that fail and processes that die. The clock is the test's. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import { createWebhook } from '../../infra/webhook/notifier.ts'
import type { Alert, Delivery } from '../../schemas/alert.ts'
import { Failure } from '../../schemas/failure.ts'
import { exampleFinding, type Finding } from '../../schemas/finding.ts'
import type { Bus, Notifier, Service, Snapshots } from '../../schemas/ports.ts'
import { alerts, deliveries, findings, type Topic } from '../../schemas/topics.ts'
import { createAlerter } from '../../services/alerter/service.ts'

const SECOND = 1_000_000_000n
const secret = `whsec_${randomBytes(32).toString('base64')}`
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** A list that can be waited for. */
class Heard<T> {
  readonly all: T[] = []
  #waiters: (() => void)[] = []

  add(item: T): void {
    this.all.push(item)
    for (const wake of this.#waiters.splice(0)) wake()
  }

  async until(enough: (all: readonly T[]) => boolean): Promise<readonly T[]> {
    while (!enough(this.all)) await new Promise<void>((resolve) => this.#waiters.push(resolve))
    return this.all
  }
}

interface Message {
  readonly id: string
  readonly body: string
  readonly verified: boolean
}

/** Attempts as the store shows them: one that is published again after a crash is the same row. */
const rowsOf = (all: readonly Delivery[]): readonly Delivery[] =>
  [...new Map(all.map((one) => [`${one.message_id} ${one.receiver} ${one.attempt}`, one])).values()]

/** A receiver that answers what it is told to, message by message; 200 when it is told nothing. */
class Receiver {
  readonly messages = new Heard<Message>()
  readonly statuses: number[] = []
  #server: Server | undefined
  port = 0

  async up(): Promise<void> {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const body = Buffer.concat(chunks).toString()
        let verified = true
        try {
          new Webhook(secret).verify(body, request.headers as Record<string, string>)
        } catch {
          verified = false
        }
        response.writeHead(this.statuses.shift() ?? 200, { 'retry-after': '7' }).end('thanks, hunter2')
        this.messages.add({ id: String(request.headers['webhook-id']), body, verified })
      })
    })
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
  }

  async down(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    server?.closeAllConnections()
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())))
  }

  get notifier(): Notifier {
    return createWebhook({ name: 'hook', url: `http://127.0.0.1:${this.port}/`, secret, allowPrivate: true })
  }
}

/** A process that can be killed: from then on nothing that it writes arrives. */
class Life {
  dead = false
  ring = (): void => {}

  guard<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...args: unknown[]): unknown => (
          this.dead ? Promise.reject(new Failure('unavailable', 'test.dead', 'killed')) : value.apply(target, args)
        )
      },
    })
  }
}

let directory: string
let bus: Bus
let snapshots: Snapshots
let receiver: Receiver
let published: Heard<Alert>
let attempted: Heard<Delivery>
let running: Service[]
let now: bigint

async function listen<T>(topic: Topic<T>): Promise<Heard<T>> {
  const heard = new Heard<T>()
  await bus.subscribe(topic, {
    group: `test-${topic.name}`, gap: async () => {}, failed: (error) => expect.fail(String(error)),
    handle: async (envelopes) => {
      for (const { records } of envelopes) for (const record of records) heard.add(record)
    },
  })
  return heard
}

async function live(notifiers: readonly Notifier[] = [receiver.notifier]): Promise<Life> {
  const life = new Life()
  const wake = { set: (_: number, run: () => void) => void (life.ring = run), clear: () => void (life.ring = () => {}) }
  const alerter = createAlerter(
    { groupWaitSeconds: 15, groupIntervalSeconds: 300, resolveAfterHours: 24 },
    { bus: life.guard(bus), snapshots: life.guard(snapshots), clock: { now: () => now }, notifiers, log: quiet, wake, redact: (_tenant, text) => text.replace('hunter2', '[redacted]') },
  )
  await alerter.start()
  running.push(alerter)
  return life
}

/** The process dies; its place in the group becomes free. */
async function kill(life: Life): Promise<void> {
  life.dead = true
  await running.pop()?.stop().catch(() => undefined)
}

const found = (number: number, more: Partial<Finding> = {}): Promise<void> =>
  bus.publish(findings, [{
    key: 'default', record: { ...exampleFinding, finding_id: number.toString(16).padStart(32, '0'), severity: 'high', ...more },
  }])

/** Lets the clock run and rings. */
function pass(life: Life, seconds: number): void {
  now += BigInt(seconds) * SECOND
  life.ring()
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wk-alerter-'))
  now = BigInt(Date.now()) * 1_000_000n
  bus = await openEmbeddedLog({ directory: join(directory, 'log'), partitions: 1, clock: { now: () => BigInt(Date.now()) * 1_000_000n } })
  snapshots = await openFileSnapshots(join(directory, 'snapshots'), ({ name }) => expect.fail(`${name} is damaged`))
  published = await listen(alerts)
  attempted = await listen(deliveries)
  receiver = new Receiver()
  await receiver.up()
  running = []
})
afterEach(async () => {
  for (const service of running) await service.stop()
  await receiver.down()
  await bus.close()
  await rm(directory, { recursive: true, force: true })
})

describe('alerter', () => {
  it('makes one alert and one signed message of two findings of one trace', async () => {
    const life = await live()
    await found(1)
    await found(2, { detector: 'unrequested-action', conversation: '' })
    await found(2, { detector: 'unrequested-action', conversation: '' })
    await published.until((all) => all.some(({ detectors }) => detectors.length === 2))
    pass(life, 15)
    await attempted.until((all) => all.length === 1)
    expect(receiver.messages.all).toHaveLength(1)
    expect(receiver.messages.all[0]?.verified).toBe(true)
    const { type, data } = JSON.parse(
      receiver.messages.all[0]?.body ?? '',
    ) as { type: string; data: { alert_id: string; findings: number; what: object } }
    expect([type, data.findings, data.what]).toEqual([
      'alert.open', 2, { tool: 'run_command', server: 'files', detectors: ['unexpected-command', 'unrequested-action'], families: ['command', 'request'] },
    ])
    expect(new Set(published.all.map(({ alert_id }) => alert_id))).toEqual(new Set([data.alert_id]))
    expect(attempted.all[0]).toMatchObject({
      alert_id: data.alert_id, status: 200, outcome: 'delivered', attempt: 1, receiver: 'hook', answer: 'thanks, [redacted]',
    })
  })

  it('keeps the id when a 500 is followed by a 200, and waits as long as it is asked to', async () => {
    const life = await live()
    receiver.statuses.push(500)
    await found(1, { severity: 'critical' })
    await attempted.until((all) => all.length === 1)
    pass(life, 6)
    expect(receiver.messages.all).toHaveLength(1)
    pass(life, 1)
    await attempted.until((all) => all.length === 2)
    const [first, second] = receiver.messages.all
    expect(second).toEqual(first)
    expect(attempted.all.map(({ outcome, status, attempt }) => [outcome, status, attempt])).toEqual([['retry', 500, 1], ['delivered', 200, 2]])
  })

  it('takes 410 for the last word', async () => {
    const life = await live()
    receiver.statuses.push(410)
    await found(1, { severity: 'critical' })
    await attempted.until((all) => all.length === 1)
    pass(life, 3600)
    expect(attempted.all.map(({ outcome }) => outcome)).toEqual(['gave_up'])
    expect(receiver.messages.all).toHaveLength(1)
  })

  it('delivers after a kill what waited for a receiver that was down, with the same id', async () => {
    const first = await live()
    await receiver.down()
    await found(1, { severity: 'critical' })
    await attempted.until((all) => all.length === 1)
    await kill(first)
    await receiver.up()
    now += 60n * SECOND
    await live()
    const rows = rowsOf(await attempted.until((all) => rowsOf(all).length === 2))
    expect(rows.map(({ outcome, status, message_id, attempt }) => [outcome, status, message_id === rows[0]?.message_id, attempt])).toEqual([
      ['retry', 0, true, 1], ['delivered', 200, true, 2],
    ])
    expect(receiver.messages.all.map(({ id }) => id)).toEqual([attempted.all[0]?.message_id])
  })

  it('holds what the configuration refuses to send inside, asks no more, and delivers it once a process comes with another', async () => {
    const refusing = createWebhook({ name: 'hook', url: `http://127.0.0.1:${receiver.port}/`, secret, allowPrivate: false })
    const first = await live([refusing])
    await found(1, { severity: 'critical' })
    await attempted.until((all) => all.length === 1)
    pass(first, 1_800)
    expect(attempted.all.map(({ outcome, status, answer }) => [outcome, status, answer])).toEqual([['refused', 0, expect.stringContaining('set allow_networks or allow_private')]])
    await kill(first)
    await live()
    const rows = rowsOf(await attempted.until((all) => rowsOf(all).some(({ outcome }) => outcome === 'delivered')))
    expect(rows.slice(0, 2).map(({ outcome, attempt }) => [outcome, attempt])).toEqual([['refused', 1], ['delivered', 2]])
    expect(receiver.messages.all[0]?.id).toBe(attempted.all[0]?.message_id)
  })

  it('sends a group after a kill during its wait', async () => {
    const first = await live()
    await found(1)
    await published.until((all) => all.length === 1)
    await kill(first)
    const second = await live()
    await found(2)
    await published.until((all) => all.some(({ finding_ids }) => finding_ids.length === 2))
    pass(second, 15)
    const [message] = await receiver.messages.until((all) => all.length === 1)
    expect((JSON.parse(message?.body ?? '') as { data: { findings: number } }).data.findings).toBe(2)
  })

  it('repeats a message whose answer a kill swallowed, with the same id and body', async () => {
    const first = await live()
    // Dies between the receiver's answer and its own next write.
    const notifier = receiver.notifier
    const deadly: Notifier = { ...notifier, send: async (message, signal) => {
      const answer = await notifier.send(message, signal)
      second.dead = true
      return answer
    } }
    await kill(first)
    const second = await live([deadly])
    await found(1, { severity: 'critical' })
    await receiver.messages.until((all) => all.length === 1)
    await kill(second)
    await live()
    await attempted.until((all) => all.length === 1)
    const [once, again] = receiver.messages.all
    expect(receiver.messages.all).toHaveLength(2)
    expect(again).toEqual(once)
  })

  it('publishes later what the bus refused, and says it once', async () => {
    let refuse = true
    const stubborn: Bus = {
      ...bus, lag: () => bus.lag(), close: async () => {},
      subscribe: (topic, options) => bus.subscribe(topic, options),
      broadcast: (topic, record) => bus.broadcast(topic, record),
      async publish(topic, batch) {
        if (refuse && topic.name === alerts.name) throw new Failure('unavailable', 'test.full', 'full')
        await bus.publish(topic, batch)
      },
    }
    let ring = (): void => {}
    const set = new Heard<number>()
    const alerter = createAlerter(
      { groupWaitSeconds: 15, groupIntervalSeconds: 300, resolveAfterHours: 24 },
      {
        bus: stubborn, snapshots, clock: { now: () => now }, notifiers: [receiver.notifier], log: quiet, redact: (_tenant, text) => text,
        wake: { set: (ms, run) => { ring = run; set.add(ms) }, clear() {} },
      },
    )
    await alerter.start()
    running.push(alerter)
    await found(1, { severity: 'critical' })
    await set.until((all) => all.length > 0)
    refuse = false
    now += 2n * SECOND
    ring()
    await attempted.until((all) => all.length === 1)
    expect(new Set(published.all.map(({ version }) => version))).toEqual(new Set([2]))
    expect(receiver.messages.all).toHaveLength(1)
  })

  it('resolves what has been quiet, and gives up on receivers that are gone', async () => {
    const notifiers = [receiver.notifier]
    const life = await live(notifiers)
    receiver.statuses.push(503)
    await found(1, { severity: 'critical' })
    await attempted.until((all) => all.length === 1)
    notifiers.pop()
    pass(life, 60)
    await attempted.until((all) => all.length === 2)
    expect(attempted.all[1]).toMatchObject({ outcome: 'gave_up', answer: 'the receiver is no longer configured' })
    pass(life, 86_400)
    await published.until((all) => all.some(({ status }) => status === 'resolved'))
    expect(published.all.at(-1)).toMatchObject({ status: 'resolved', version: 3 })
  })

  it('can be stopped before it was started, and twice', async () => {
    const alerter = createAlerter({ groupWaitSeconds: 1, groupIntervalSeconds: 1, resolveAfterHours: 1 }, {
      bus, snapshots, clock: { now: () => now }, notifiers: [], log: quiet, redact: (_tenant, text) => text,
    })
    await alerter.stop()
    expect(alerter.notReady()).toBe('not started')
    await alerter.start()
    expect(alerter.notReady()).toBe('')
    await alerter.stop()
    await alerter.stop()
  })
})
