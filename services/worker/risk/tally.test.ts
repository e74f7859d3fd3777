import { expect, it } from 'vitest'
import { z } from 'zod'
import { arm, type Detector } from '../../../detectors/detector.ts'
import { exampleFinding, type Finding } from '../../../schemas/finding.ts'
import type { Publisher, Snapshot, Snapshots } from '../../../schemas/ports.ts'
import { findings, quarantine } from '../../../schemas/topics.ts'
import { WORKER_DEFAULTS, type WorkerConfig, type WorkerParts, type WorkerTelemetry } from '../contracts.ts'
import { Maintenance } from '../maintenance/maintenance.ts'
import { Tally } from './tally.ts'

interface Count {
  n: number
}

/** Says each sum of two and more; fails on what is called poison. */
const counting = (version: number): Detector<Record<string, never>, Count> => ({
  rule: {
    id: 'counting', version, title: '', description: '', severity: 'medium', params: z.strictObject({}), needs: [], blindSpots: [], benign: [], runbook: [], maps: { owaspMcp2025: [], atlas5: [], attack19: [] },
  },
  begin: () => ({ n: 0 }),
  weighIn: ({ actor }) => [`actor:${actor}`, 'all'],
  weigh(count, { title, finding_id: id }, key) {
    if (title === 'poison') throw new TypeError('no')
    count.n++
    return count.n < 2 ? [] : [{ about: [key], version: count.n, parts: [id], samples: [], oneLineage: false, severity: 'medium', title: `${key} ${count.n}`, observed: '', expected: '', reasons: [] }]
  },
})

function rig(version: number, saved: Map<string, Snapshot>, config: Partial<WorkerConfig> = {}) {
  const counts: Record<string, number> = {}
  const telemetry = new Proxy({}, { get: (_, name) => () => void (counts[String(name)] = (counts[String(name)] ?? 0) + 1) }) as WorkerTelemetry
  const snapshots: Snapshots = { load: async (name) => saved.get(name), save: async (name, snapshot) => void saved.set(name, snapshot) }
  const said: Finding[] = []
  const refused: unknown[] = []
  const bus = {
    async publish(topic: { name: string }, batch: readonly { record: unknown }[]) {
      for (const { record } of batch) (topic.name === findings.name ? said : topic.name === quarantine.name ? refused : []).push(record as Finding)
    },
    broadcast: async () => undefined,
  } as Publisher
  const parts = {
    config: { ...WORKER_DEFAULTS, ...config }, armed: [arm(counting(version), {})], maintenance: new Maintenance([]), failed: (error: unknown) => expect.fail(String(error)),
    ports: { bus, snapshots, telemetry, keyedHash: { of: () => '' } },
  } as unknown as WorkerParts
  return { parts, bus, said, refused, counts }
}
const of = (number: number, more: Partial<Finding> = {}): Finding => ({ ...exampleFinding, finding_id: number.toString(16).padStart(32, '0'), actor: `a${number}`, ...more })
const envelope = (offset: number, ...records: readonly Finding[]) => ({ partition: 0, offset, records })

it('goes on from its snapshot, passes over what is in it, and begins anew under another version of the rule or from a damaged one', async () => {
  const saved = new Map<string, Snapshot>()
  const first = rig(1, saved)
  const { kept } = await Tally.open(0, first.parts)
  expect(kept.due()).toBe(true)
  kept.take(envelope(0, of(1), of(1)))
  kept.take(envelope(1, of(2)))
  await kept.outbox.flush(first.bus)
  expect(first.said.map(({ title, version, detector, part_ids }) => [title, version, detector, part_ids])).toEqual([['all 2', 2, 'counting', [of(2).finding_id]]])
  await kept.close()
  const again = rig(1, saved)
  const second = await Tally.open(0, again.parts)
  expect(second.start).toBe(2)
  second.kept.take(envelope(1, of(2)))
  second.kept.take(envelope(2, of(1), of(3), { ...of(9), detector: 'counting' }))
  await second.kept.outbox.flush(again.bus)
  expect(again.said.map(({ title }) => title)).toEqual(['all 3'])
  const newer = rig(2, saved)
  await Tally.open(0, newer.parts)
  expect(newer.counts['snapshotIgnored']).toBe(1)
  for (const state of [Buffer.from([0xc1]), Buffer.from([0x01])]) {
    saved.set('worker-findings-0', { version: 1, nextOffset: 7, state })
    const damaged = rig(1, saved)
    expect((await Tally.open(0, damaged.parts)).start).toBeUndefined()
    expect(damaged.counts['snapshotIgnored']).toBe(1)
  }
})

it('keeps a bounded number of keys, and puts aside what a detector fails on', async () => {
  const { parts, bus, refused, counts, said } = rig(1, new Map(), { maxKeys: 10 })
  const { kept } = await Tally.open(0, parts)
  kept.take(envelope(0, ...Array.from({ length: 50 }, (_, i) => of(i))))
  expect(counts['keyEvicted']).toBeGreaterThanOrEqual(40)
  kept.take(envelope(1, of(60, { title: 'poison' }), of(61)))
  await kept.outbox.flush(bus)
  expect(refused).toMatchObject([{ stage: 'worker', reason: 'defect', detector: 'counting', topic: 'findings', offset: 1 }])
  expect(findings.codec.decode(Buffer.from((refused[0] as { payload: string }).payload, 'base64'))).toEqual([of(60, { title: 'poison' })])
  expect(said.length).toBeGreaterThan(0)
})
