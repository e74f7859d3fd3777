/** Policies from files to findings: what arrives is judged by what was in force then, on one partition and several, the first time and at every replay. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { arm } from '../../detectors/detector.ts'
import { policyViolation } from '../../detectors/policy-violation/detector.ts'
import { openStore } from '../../infra/clickhouse/store.ts'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openAdminAudit } from '../../infra/guarded-files/admin-spool.ts'
import type { Finding } from '../../schemas/finding.ts'
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import type { Bus, Log, Row, Snapshots } from '../../schemas/ports.ts'
import { findings, interactions, policies as policiesTopic } from '../../schemas/topics.ts'
import { LEAD_NS } from '../../services/policies/plan.ts'
import { createPolicies, type PoliciesService } from '../../services/policies/service.ts'
import { policySource } from '../../services/wiring/policies.ts'
import { WORKER_DEFAULTS, type WorkerTelemetry } from '../../services/worker/contracts.ts'
import { createWorker } from '../../services/worker/service.ts'

const root = mkdtempSync(join(tmpdir(), 'wk-policies-'))
const store = openStore({ directory: join(root, 'tables'), readers: 1 })
beforeAll(() => store.migrate())
afterAll(async () => {
  await store.close()
  rmSync(root, { recursive: true, force: true })
})

const SECOND = 1_000_000_000n
const BEGIN = 1_795_003_200n * SECOND
const nothing = (): void => undefined
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
const telemetry: WorkerTelemetry = {
  recordsRead: nothing, findingPublished: nothing, findingRepeated: nothing, keyEvicted: nothing, keysHeld: nothing, detectorFailed: nothing, recordUndecodable: nothing, snapshotSaved: nothing,
  snapshotIgnored: nothing, statesReset: nothing, gapSeen: nothing, warmedUp: nothing, subscriptionFailed: (_topic, error) => { throw error },
}
const forgetful: Snapshots = { load: async () => undefined, save: async () => undefined }
const call = (n: number, seconds: bigint): Interaction => {
  const at = BEGIN + seconds * SECOND
  return { ...blankInteraction(), interaction_id: String(n).padStart(32, '0'), tenant: 'default', actor: `actor-${n % 7}`, actor_kind: 'principal', principal: `actor-${n % 7}`, method: 'tools/call', server: 'files',
    tool: n % 2 === 0 ? 'read_file' : 'drop_table', outcome: 'ok', started_at: at, ended_at: at, received_at: at }
}
const policyText = (version: number, tool: string): string => `policy: p\nversion: ${version}\ntitle: T\nrules:\n  - {id: r, effect: deny, match: {tools: ${tool}}}\n`

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}
const caughtUp = (bus: Bus): Promise<void> => until(async () => {
  const lag = (await bus.lag()).filter(({ group }) => group.startsWith('worker'))
  return lag.length > 0 && lag.every(({ committed, end }) => committed === end)
})

/** All records of a topic so far. */
async function recordsOf<T>(bus: Bus, topic: Parameters<typeof bus.subscribe<T>>[0]): Promise<readonly T[]> {
  const read: T[] = []
  const group = randomUUID()
  const subscription = await bus.subscribe(topic, { group, async handle(envelopes) {
    for (const { records } of envelopes) read.push(...records)
    const last = envelopes.at(-1)
    if (last !== undefined) await subscription.commit(last.partition, last.offset + 1)
  }, gap: async () => undefined, failed: nothing })
  await until(async () => (await bus.lag()).filter((one) => one.group === group).every(({ committed, end }) => committed === end))
  await subscription.stop()
  return read
}

it.each([1, 4])('on %i partitions', { timeout: 20_000 }, async (partitions) => {
  const directory = join(root, `bus-${partitions}`)
  const folder = mkdtempSync(join(root, 'policies-'))
  let now = BEGIN
  const bus = await openEmbeddedLog({ directory, partitions, clock: { now: () => now } })
  const open = async (publishes: boolean): Promise<PoliciesService> => {
    const publisher = { source: policySource({ directory: folder, files: [] }), groupsOf: nothing as () => undefined, audit: openAdminAudit(root) }
    const service = createPolicies({ group: 'policies', publishes: publishes ? publisher : undefined }, { bus, clock: { now: () => now }, log })
    await service.start()
    return service
  }
  async function judge(policies: PoliciesService, group: readonly Interaction[]): Promise<void> {
    const worker = createWorker({ ...WORKER_DEFAULTS, partitions }, [arm(policyViolation, {})], { bus, snapshots: forgetful, keyedHash: { of: (_t, _p, text) => text }, telemetry, policies })
    await worker.start()
    await bus.publish(interactions, group.map((record) => ({ key: record.actor, record })))
    await caughtUp(bus)
    await worker.stop()
  }

  writeFileSync(join(folder, 'p.yaml'), policyText(1, 'drop_*'), { mode: 0o600 })
  const publisher = await open(true)
  await until(() => publisher.book.latest('default', 'p')?.version === 1)
  now = BEGIN + 100n * SECOND
  writeFileSync(join(folder, 'p.yaml'), policyText(2, 'read_*'), { mode: 0o600 })
  await until(() => publisher.book.latest('default', 'p')?.version === 2)

  const lead = LEAD_NS / SECOND
  const [early, between, late] = [call(1, lead - 1n), [call(3, lead), call(4, lead), call(5, 99n), call(6, 99n)], [call(8, 100n + lead), call(9, 100n + lead)]]
  await judge(publisher, [early, ...between, ...late])
  const said = (all: readonly Finding[]): string[] => [...new Set(all.map(({ interaction_id: id, reasons }) => `${Number(id)}: ${reasons[0] ?? ''}`))].sort()
  const expected = [3, 5].map((n) => `${n}: policy p version 1 (`).concat('8: policy p version 2 (')
  const first = said(await recordsOf(bus, findings))
  expect(first.map((text) => text.slice(0, text.indexOf('(') + 1))).toEqual(expected)
  await publisher.stop()

  // A process that has neither files nor memory reads all of it again, and says the same.
  const later = await open(false)
  await judge(later, [early, ...between, ...late])
  expect(said(await recordsOf(bus, findings))).toEqual(first)
  await later.stop()

  const records = await recordsOf(bus, policiesTopic)
  await store.insertRows('policies', records as unknown as readonly Row[], `policies-${partitions}`)
  const rows = await store.query("SELECT version, in_force, length(members) AS groups, text FROM watchkeeper.policies WHERE policy = 'p' ORDER BY version")
  expect(rows.map((row) => ({ ...row }))).toEqual([{ version: 1, in_force: false, groups: 0n, text: policyText(1, 'drop_*') }, { version: 2, in_force: true, groups: 0n, text: policyText(2, 'read_*') }])
  await bus.close()
})
