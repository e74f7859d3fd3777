/** 10,000 findings in a minute over the real log and real files: what is told, what is kept, and what it costs the disk. The clock is the test's. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import type { AlertEvent } from '../../schemas/alert-event.ts'
import type { AlertMessage, Notice, StormMessage } from '../../schemas/alert-message.ts'
import type { Alert } from '../../schemas/alert.ts'
import { exampleFinding } from '../../schemas/finding.ts'
import type { Bus, Notifier, Service, Snapshots } from '../../schemas/ports.ts'
import { alertEvents, alerts, findings, type Topic } from '../../schemas/topics.ts'
import { createAlerter } from '../../services/alerter/service.ts'

const FINDINGS = 10_000
const SECOND = 1_000_000_000n
const quiet = { debug() {}, info() {}, warn() {}, error() {} }

let directory: string
let bus: Bus
let snapshots: Snapshots
let written: number
let running: Service
let now: bigint
let ring: () => void
let sent: Notice[]

const notifier: Notifier = {
  receiver: 'hook', kind: 'webhook', render: (notice) => JSON.stringify(notice),
  async send({ body }) {
    sent.push(JSON.parse(body) as Notice)
    return { status: 200, text: '', retryAfterSeconds: undefined }
  },
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wk-storm-'))
  now = BigInt(Date.now()) * 1_000_000n
  written = 0
  sent = []
  bus = await openEmbeddedLog({ directory: join(directory, 'log'), partitions: 1, clock: { now: () => BigInt(Date.now()) * 1_000_000n } })
  const files = await openFileSnapshots(join(directory, 'snapshots'), ({ name }) => expect.fail(`${name} is damaged`))
  snapshots = {
    load: (name) => files.load(name),
    save(name, snapshot) {
      written += snapshot.state.length
      return files.save(name, snapshot)
    },
  }
  running = createAlerter({ groupWaitSeconds: 15, groupIntervalSeconds: 300, resolveAfterHours: 24 }, {
    bus, snapshots, clock: { now: () => now }, notifiers: [notifier], log: quiet, redact: (_tenant, text) => text, wake: { set: (_, run) => void (ring = run), clear: () => void (ring = () => {}) },
  })
  ring = () => {}
  await running.start()
})
afterEach(async () => {
  await running.stop()
  await bus.close()
  await rm(directory, { recursive: true, force: true })
})

async function listen<T>(topic: Topic<T>): Promise<T[]> {
  const heard: T[] = []
  await bus.subscribe(topic, {
    group: `test-${topic.name}`, gap: async () => {}, failed: (error) => expect.fail(String(error)),
    handle: async (envelopes) => void heard.push(...envelopes.flatMap(({ records }) => records)),
  })
  return heard
}

/** Rings, a second of the alerter's clock after the other, until it is so. */
async function until(isSo: () => boolean, seconds = 1): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 3_000) throw new Error('it never becomes so')
    now += BigInt(seconds) * SECOND
    ring()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A minute of findings, in envelopes of twenty. */
async function minute(actorOf: (number: number) => string): Promise<void> {
  for (let first = 0; first < FINDINGS; first += 20) {
    await bus.publish(findings, Array.from({ length: 20 }, (_, at) => ({
      key: 'default', record: {
        ...exampleFinding, finding_id: (first + at).toString(16).padStart(32, '0'), severity: 'high' as const, actor: actorOf(first + at), trace_id: `t${first + at}`, conversation: '',
      },
    })))
    now += (60n * SECOND * 20n) / BigInt(FINDINGS)
    if (first % 500 === 0) ring()
  }
}

const newest = (all: readonly Alert[]): readonly Alert[] => [...new Map(all.map((alert) => [alert.alert_id, alert])).values()]
const counted = (all: readonly Alert[]): number => newest(all).reduce((sum, { findings: made }) => sum + made, 0)

it('of five actors are five alerts, and one message each an interval', { timeout: 60_000 }, async () => {
  const heard = await listen(alerts)
  await minute((number) => `actor ${number % 5}`)
  await until(() => counted(heard) === FINDINGS && sent.length >= 5)
  expect(newest(heard)).toHaveLength(5)
  const messages = sent as AlertMessage[]
  expect(messages.map(({ type }) => type)).toEqual(Array.from({ length: 5 }, () => 'alert.open'))
  await until(() => sent.length >= 10, 10)
  expect(messages.slice(5).map(({ type, data }) => [type, data.findings])).toEqual(Array.from({ length: 5 }, () => ['alert.updated', FINDINGS / 5]))
  console.log(`five alerts: ${Math.round(written / FINDINGS)} bytes of state written for each finding, ${heard.length} versions of alerts`)
  expect(written / FINDINGS).toBeLessThan(2_000)
})

it('of ten thousand actors are ten thousand alerts in the log, and a budget of messages with one summary an interval', { timeout: 120_000 }, async () => {
  const [heard, life] = [await listen(alerts), await listen<AlertEvent>(alertEvents)]
  await minute((number) => `actor ${number}`)
  const done = (): boolean => counted(heard) === FINDINGS && life.filter(({ event }) => event === 'told' || event === 'held_back').length >= FINDINGS
  await until(done)
  await until(() => sent.some(({ type }) => type === 'storm.summary'))
  expect(newest(heard)).toHaveLength(FINDINGS)
  expect(new Set(life.filter(({ event }) => event === 'opened').map(({ alert_id }) => alert_id)).size).toBe(FINDINGS)
  expect(new Set(life.filter(({ event }) => event === 'held_back').map(({ alert_id }) => alert_id)).size).toBe(FINDINGS - 60)
  expect(sent.filter(({ type }) => type === 'alert.open')).toHaveLength(60)
  const summaries = (): readonly StormMessage[] => sent.filter((one) => one.type === 'storm.summary')
  await until(() => summaries().reduce((sum, { data }) => Math.max(sum, data.alerts), 0) === FINDINGS - 60, 30)
  expect(summaries().length).toBeLessThanOrEqual(2)
  console.log(`ten thousand alerts: ${Math.round(written / FINDINGS)} bytes of state written for each finding`)
  expect(written / FINDINGS).toBeLessThan(10_000)
})
