/** Weak findings in, one incident out and told, over the real log with snapshots; and nothing new from a replay or after a crash. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import { AlertMessage } from '../../schemas/alert-message.ts'
import { exampleFinding, Finding } from '../../schemas/finding.ts'
import type { Bus, Notifier, Service, Snapshots } from '../../schemas/ports.ts'
import { findings } from '../../schemas/topics.ts'
import { createAlerter } from '../../services/alerter/service.ts'
import { armAll, ruleTexts } from '../../services/detector-list.ts'
import { WORKER_DEFAULTS, type WorkerTelemetry } from '../../services/worker/contracts.ts'
import { createWorker } from '../../services/worker/service.ts'

const T0 = 1_795_225_800_000_000_000n
const MINUTE = 60_000_000_000n
const nothing = (): void => undefined
const telemetry = new Proxy({}, {
  get: (_, name) => (name === 'detectorFailed' || name === 'subscriptionFailed' ? (...what: unknown[]) => expect.fail(JSON.stringify(what)) : nothing),
}) as WorkerTelemetry
const keyedHash = { of: (_tenant: string, _purpose: string, text: string) => text }

let directory: string
let bus: Bus
let snapshots: Snapshots
let running: Service[]
let now: bigint
let bodies: AlertMessage[]
let ring: () => void

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'wk-risk-'))
  now = T0
  bodies = []
  running = []
  ring = nothing
})
afterEach(async () => {
  for (const service of running) await service.stop()
  await bus.close()
  rmSync(directory, { recursive: true, force: true })
})

async function open(partitions: number): Promise<void> {
  bus = await openEmbeddedLog({ directory: join(directory, 'log'), partitions, clock: { now: () => now } })
  snapshots = await openFileSnapshots(join(directory, 'snapshots'), ({ name }) => expect.fail(name))
}

async function startWorker(partitions: number): Promise<Service> {
  const worker = createWorker({ ...WORKER_DEFAULTS, partitions }, armAll({}), { bus, snapshots, keyedHash, telemetry })
  await worker.start()
  running.push(worker)
  return worker
}

async function startAlerter(): Promise<void> {
  const hook: Notifier = {
    receiver: 'hook', kind: 'test', render: (notice) => JSON.stringify(notice),
    send({ body }) {
      bodies.push(AlertMessage.parse(JSON.parse(body)))
      return Promise.resolve({ status: 200, text: '', retryAfterSeconds: undefined })
    },
  }
  const wake = { set: (_: number, run: () => void) => void (ring = run), clear: nothing }
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
  const alerter = createAlerter({ groupWaitSeconds: 15, groupIntervalSeconds: 300, resolveAfterHours: 24, ruleTexts: ruleTexts() }, { bus, snapshots, clock: { now: () => now }, notifiers: [hook], log, wake, redact: (_tenant, text) => text })
  await alerter.start()
  running.push(alerter)
}

const sign = (detector: string, minutes: number, more: Partial<Finding> = {}): Finding => {
  const at = T0 + BigInt(minutes) * MINUTE
  return {
    ...exampleFinding, finding_id: Buffer.from(`${detector}${more.actor ?? ''}`).toString('hex').padEnd(32, '0').slice(0, 32), version: 2, detector, severity: 'low', title: `${detector} said so`, actor: 'ana',
    actor_kind: 'principal', interaction_id: 'i', trace_id: '', conversation: '', window_start: at, window_end: at, created_at: at, ...more,
  }
}
/** Apart by more than what counts as one run, and by little of the day in which an actor's signs fade. */
const APART = 75
const DETECTORS = ['unknown-place', 'new-destination', 'unusual-volume', 'masquerade']
const say = (all: readonly Finding[]): Promise<void> => bus.publish(findings, all.map((record) => ({ key: record.tenant, record })))

/** Until whoever reads findings has read all that are there, and said what there is to say of them. */
async function settled(group = 'worker-findings'): Promise<void> {
  for (;;) {
    const lag = (await bus.lag()).filter((one) => one.topic === findings.name && one.group === group)
    if (lag.length > 0 && lag.every(({ committed, end }) => committed === end)) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}
async function told(): Promise<Finding[]> {
  const said: Finding[] = []
  const reader = await bus.subscribe(findings, {
    group: 'test', gap: async () => undefined, failed: (error) => expect.fail(String(error)), assigned: async () => 0,
    async handle(envelopes) {
      for (const { records } of envelopes) said.push(...records.filter(({ detector }) => detector === 'composite-risk'))
      for (const { partition, offset } of envelopes) await reader.commit(partition, offset + 1)
    },
  })
  await settled('test')
  await reader.stop()
  return said
}

describe.each([1, 3])('weak findings on %i partitions', (partitions) => {
  it('are one incident with its parts, which is told when none of them was', async () => {
    await open(partitions)
    await startWorker(partitions)
    await startAlerter()
    await say(DETECTORS.slice(0, 3).map((detector, i) => sign(detector, i * APART)))
    await settled('alerter')
    now += 20n * MINUTE
    ring()
    expect(bodies).toEqual([])
    await say([sign('masquerade', 3 * APART), sign('unknown-place', 3 * APART, { tenant: 'other' }), sign('masquerade', 4 * APART, { tenant: 'other' })])
    await settled()
    const [incident, ...more] = await told()
    expect(more).toEqual([])
    expect(Finding.parse(incident)).toMatchObject({ tenant: 'default', severity: 'medium', actor: 'ana', version: 1, trace_id: '', created_at: T0 + BigInt(3 * APART) * MINUTE })
    expect([...(incident?.part_ids ?? [])].sort()).toEqual(DETECTORS.map((detector) => sign(detector, 0).finding_id).sort())
    expect(incident?.sql).toContain('FROM watchkeeper.findings')
    await settled('alerter')
    now += MINUTE
    ring()
    await expect.poll(() => bodies.length).toBe(1)
    expect(bodies[0]?.data).toMatchObject({ severity: 'medium', who: { actor: 'ana' }, what: { detectors: ['composite-risk'] }, rules: [{ detector: 'composite-risk' }] })
    expect(bodies[0]?.data.why[0]?.case?.part_ids).toHaveLength(4)
  })

  it('say nothing new when they come again, also to a worker that was killed and began from its last state', async () => {
    await open(partitions)
    const worker = await startWorker(partitions)
    await say(DETECTORS.slice(0, 2).map((detector, i) => sign(detector, i * APART)))
    await settled()
    await worker.stop()
    const kept = await Promise.all(Array.from({ length: partitions }, (_, i) => snapshots.load(`worker-findings-${i}`)))
    const again = await startWorker(partitions)
    await say(DETECTORS.slice(2).map((detector, i) => sign(detector, (i + 2) * APART)))
    await settled()
    const before = await told()
    expect(before).toHaveLength(1)
    await again.stop()
    // The state of before the last two: they are read once more.
    for (const [i, snapshot] of kept.entries()) if (snapshot !== undefined) await snapshots.save(`worker-findings-${i}`, snapshot)
    await startWorker(partitions)
    await say(DETECTORS.map((detector, i) => sign(detector, i * APART)))
    await settled()
    const after = await told()
    expect(new Set(after.map(({ finding_id, version }) => `${finding_id}.${version}`)).size).toBe(1)
    expect(after.at(-1)).toEqual(before[0])
  })
})
