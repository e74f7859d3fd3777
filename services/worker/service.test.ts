import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Armed, arm, type Detector, type Draft } from '../../detectors/detector.ts'
import { blankAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical } from '../../schemas/canonical.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Finding } from '../../schemas/finding.ts'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import type { Envelope, Keyed, Snapshot, SubscribeOptions, Subscription } from '../../schemas/ports.ts'
import type { Quarantined } from '../../schemas/quarantined.ts'
import type { Notice } from '../../schemas/step.ts'
import { EventRecord, type Topic } from '../../schemas/topics.ts'
import { WORKER_DEFAULTS, type WorkerConfig, type WorkerPorts, type WorkerTelemetry } from './contracts.ts'
import { STATE_VERSION } from './snapshot.ts'
import { createWorker } from './service.ts'

const SECOND = 1_000_000_000n
const START = 1_795_000_000n * SECOND

/** One partition a topic; the test hands over the envelopes and awaits each. */
class ScriptedBus {
  readonly published = new Map<string, unknown[]>()
  readonly commits = new Map<string, number>()
  readonly order: string[] = []
  readonly errors: unknown[] = []
  down = false
  readonly #options = new Map<string, SubscribeOptions<never>>()
  #heard = (): void => undefined

  async publish<T>(topic: Topic<T>, batch: readonly Keyed<T>[]): Promise<void> {
    if (this.down) throw new Failure('unavailable', 'log.away', 'away')
    this.order.push(`publish ${topic.name}`)
    this.published.set(topic.name, [...this.all(topic.name), ...batch.map(({ record }) => record)])
  }
  async broadcast(): Promise<void> {
    throw new Error('the worker never broadcasts')
  }
  async subscribe<T>(topic: Topic<T>, options: SubscribeOptions<T>): Promise<Subscription> {
    this.#options.set(topic.name, options as unknown as SubscribeOptions<never>)
    return {
      commit: async (_, next) => {
        this.order.push(`commit ${topic.name}`)
        this.commits.set(topic.name, next)
        this.#heard()
      },
      stop: async () => this.#options.get(topic.name)?.revoked?.(0),
    }
  }
  /** Resolves when the group was told that everything before `next` is done, which happens behind the work. */
  async committed(topic: string, next: number): Promise<void> {
    while (this.commits.get(topic) !== next) await new Promise<void>((resolve) => { this.#heard = resolve })
  }
  all<T>(topic: string): readonly T[] {
    return (this.published.get(topic) ?? []) as T[]
  }
  assign(topic: string): Promise<number | undefined> {
    return this.#options.get(topic)?.assigned?.(0) ?? Promise.resolve(undefined)
  }
  async give<T>(topic: string, offset: number, records: readonly T[]): Promise<void> {
    const options = this.#options.get(topic) as unknown as SubscribeOptions<T>
    const envelope: Envelope<T> = { partition: 0, offset, records }
    try {
      await options.handle([envelope], new AbortController().signal)
    } catch (error) {
      if (!(error instanceof Failure && error.kind === 'unavailable')) options.failed(error)
      this.errors.push(error)
    }
  }
}

class ScriptedSnapshots {
  stored: Snapshot | undefined
  saves = 0
  async load(): Promise<Snapshot | undefined> {
    return this.stored
  }
  async save(_: string, snapshot: Snapshot): Promise<void> {
    this.stored = snapshot
    this.saves++
  }
}

const keyedHash = { of: (tenant: string, purpose: string, text: string) => hash('sha256', `${tenant}|${purpose}|${text}`, 'hex').slice(0, 32) }

function counting(): WorkerTelemetry & { readonly counts: Map<string, number> } {
  const counts = new Map<string, number>()
  const count = (name: string) => () => void counts.set(name, (counts.get(name) ?? 0) + 1)
  return {
    counts, recordsRead: count('read'), findingPublished: count('published'), findingRepeated: count('repeated'), keyEvicted: count('evicted'),
    keysHeld: () => undefined, detectorFailed: count('failed'), recordUndecodable: count('undecodable'), snapshotSaved: count('saved'),
    snapshotIgnored: count('ignored'), gapSeen: count('gap'), statesReset: count('reset'), warmedUp: ({ stage }) => count(`warm-up ${stage}`)(), subscriptionFailed: count('stopped'),
  }
}

const RULE = {
  version: 1, title: '', description: '', severity: 'low', params: z.strictObject({ every: z.number().default(3) }), needs: [], blindSpots: [],
  benign: [],
  runbook: [], maps: { owaspMcp2025: [], atlas5: [], attack19: [] },
} as const
const draft = (...about: string[]): Draft => ({ about, severity: 'low', title: 't', observed: 'o', expected: 'e', reasons: [] })

/** Says something on every third call of an actor: its findings depend on all that it has seen. */
const counter: Detector<{ every: number }, { calls: number; sum: number }> = {
  rule: { ...RULE, id: 'counter' },
  keysOf: (interaction) => [interaction.actor],
  begin: () => ({ calls: 0, sum: 0 }),
  step(state, interaction, key, { every }) {
    state.calls++
    state.sum += Number(interaction.arguments_bytes)
    return state.calls % every === 0 ? [draft(key, String(state.calls), String(state.sum))] : []
  },
  forget: (state, watermark) => state.calls === 1 && watermark > START + 5n * SECOND,
}
const shouter: Detector<{ every: number }, null> = {
  rule: { ...RULE, id: 'shouter' },
  observe: (event, _, tools) => (event.tool === 'rm' ? [draft(event.trace_id, event.tool, tools.hash(event.arguments))] : []),
  review: (interaction, _, tools) => (interaction.tool === 'rm' ? [draft(interaction.trace_id, interaction.tool,
  tools.hash(interaction.arguments))] : []),
}
const failing: Detector<{ every: number }, null> = {
  rule: { ...RULE, id: 'failing' },
  observe(event) {
    if (event.tool === 'bad') throw new TypeError('attacker text')
    return []
  },
  review(interaction) {
    if (interaction.tool === 'bad') throw new TypeError('attacker text')
    return []
  },
}
const armed: readonly Armed[] = [arm(failing, {}), arm(counter, {}), arm(shouter, {})]

const call = (n: number, fields: Partial<InteractionFields> = {}): InteractionFields => ({
  ...blankInteraction(), interaction_id: n.toString(16).padStart(32, '0'), tenant: 'acme', actor: `a${n % 4}`, trace_id: `t${n}`,
  started_at: START + BigInt(n) * SECOND, ended_at: START + BigInt(n) * SECOND, received_at: START + BigInt(n + 2) * SECOND,
  arguments_bytes: BigInt(n), ...fields,
})
/** The same at so many seconds after the start. */
const at = (seconds: number, fields: Partial<InteractionFields>): Partial<InteractionFields> => {
  const time = START + BigInt(seconds) * SECOND
  return { ...fields, started_at: time, ended_at: time, received_at: time }
}
const observation = (tool: string, id: string, fields = {}) => {
  const event = { ...blankAuditEvent(), event_id: id.padStart(32, '0'), tenant: 'acme', tool, trace_id: 'tr', arguments: '{"x":1}',
    received_at: START, ...fields }
  return EventRecord.of(encodeCanonical(event).bytes)
}

async function running(config: Partial<WorkerConfig> = {}, snapshots = new ScriptedSnapshots(), bus = new ScriptedBus()) {
  const telemetry = counting()
  const ports: WorkerPorts = { bus, snapshots, keyedHash, telemetry }
  const worker = createWorker({ ...WORKER_DEFAULTS, ...config }, armed, ports)
  await worker.start()
  const start = await bus.assign('interactions')
  return { worker, bus, snapshots, telemetry, start }
}
const said = (bus: ScriptedBus) => new Set(bus.all<Finding>('findings').map(({ finding_id, version }) => `${finding_id}.${version}`))

describe('worker on observations', () => {
  it('says one finding for a command seen five times, before it commits, and lets the interaction update it', async () => {
    const { bus, telemetry } = await running()
    await bus.give('events', 0, [EventRecord.tick(START), observation('rm', '1'), observation('rm', '2'), observation('ls', '3')])
    await bus.give('events', 1, [observation('rm', '4'), observation('rm', '5'), observation('rm', '6')])
    await bus.committed('events', 2)
    expect(bus.order).toEqual(['publish findings', 'commit events'])
    expect(telemetry.counts.get('repeated')).toBe(4)
    await bus.give('interactions', 0, [call(1, { tool: 'rm', trace_id: 'tr', arguments: '{"x":1}' })])
    const [first, second] = bus.all<Finding>('findings')
    expect([first?.version, second?.version]).toEqual([1, 2])
    expect(second?.finding_id).toBe(first?.finding_id)
    expect(second?.interaction_id).toBe(call(1).interaction_id)
  })

  it('quarantines what a detector fails on and what is no event, and the others go on', async () => {
    const { bus, worker } = await running()
    await bus.give('events', 0, [observation('bad', '1'), EventRecord.of(Buffer.from('nonsense')), observation('rm', '2')])
    const refused = bus.all<Quarantined>('quarantine')
    expect(refused.map(({ reason }) => reason)).toEqual(['defect', 'undecodable_record'])
    expect(refused[0]?.detail).toContain('failing')
    expect(refused.map(({ detail }) => detail).join()).not.toContain('attacker')
    expect(bus.all('findings')).toHaveLength(1)
    expect(worker.notReady()).toBe('')
  })

  it('stops when one detector fails on many records in a row, and not when they are apart', async () => {
    const { bus, worker } = await running({ maxDefectsInARow: 3 })
    await bus.give('events', 0, [observation('bad', '1'), observation('bad', '2'), observation('ls', '3'), observation('bad', '4'),
      observation('bad', '5')])
    expect(worker.notReady()).toBe('')
    await bus.give('events', 1, [observation('bad', '6')])
    expect(worker.notReady()).toMatch(/detector failing failed on 3 records in a row/)
    await bus.committed('events', 1)
  })
})

describe('worker on interactions', () => {
  it('counts an interaction once, at its first version, and neither withdrawn ones nor a server\'s own', async () => {
    const { bus } = await running()
    const records = [call(1), call(1, { version: 2 }), call(5), call(5, { version: 3 }), call(9, { merged_into: 'f' }), call(13,
      { server_internal: true })]
    await bus.give('interactions', 0, records)
    expect(bus.all('findings')).toHaveLength(0)
    await bus.give('interactions', 1, [call(17)])
    expect(bus.all<Finding>('findings').map(({ interaction_id }) => interaction_id)).toEqual([call(17).interaction_id])
  })

  it('keeps tenants apart', async () => {
    const { bus } = await running()
    await bus.give('interactions', 0, [call(1), call(5), call(9, { tenant: 'other' })])
    expect(bus.all('findings')).toHaveLength(0)
  })

  it('does not count twice when the bus was away and the same envelope comes again', async () => {
    const { bus } = await running()
    await bus.give('interactions', 0, [call(1), call(5)])
    bus.down = true
    await bus.give('interactions', 1, [call(9)])
    await bus.committed('interactions', 1)
    bus.down = false
    await bus.give('interactions', 1, [call(9)])
    expect(bus.all('findings')).toHaveLength(1)
    await bus.committed('interactions', 2)
    await bus.give('interactions', 2, [call(13), call(17)])
    expect(bus.all('findings')).toHaveLength(1)
  })

  it('says after a crash what it could not say before, though an order was heeded meanwhile', async () => {
    const { bus, snapshots } = await running()
    await bus.give('interactions', 0, [call(1), call(5)])
    bus.down = true
    await bus.give('interactions', 1, [call(9)])
    const notice: Notice = { kind: 'reset', id: 'r', at: START, tenant: 'acme', actor: 'other', server: '', tool: '', detector: '' }
    await bus.give('steps', 0, [{ interaction: call(0), keys: [], lessons: [], notices: [notice] }])
    const again = await running({}, snapshots)
    expect(again.start).toBe(1)
    await again.bus.give('interactions', 1, [call(9)])
    expect(again.bus.all('findings')).toHaveLength(1)
  })

  it('does not count twice what the assembler says again after a crash', async () => {
    const { bus } = await running()
    await bus.give('interactions', 0, [call(1), call(5)])
    await bus.give('interactions', 1, [call(1), call(5)])
    expect(bus.all('findings')).toHaveLength(0)
    await bus.give('interactions', 2, [call(9)])
    expect(bus.all('findings')).toHaveLength(1)
  })

  it('lets no wild clock move time or drop state', async () => {
    const { bus, telemetry } = await running()
    await bus.give('interactions', 0, [call(1), call(2, { started_at: 10_413_792_000n * SECOND, ended_at: 10_413_792_000n * SECOND }), call(5),
      call(9)])
    expect(bus.all('findings')).toHaveLength(1)
    expect(telemetry.counts.get('evicted')).toBeUndefined()
  })

  it('drops over the limit the state that was not used since it was last asked, and counts it', async () => {
    const { bus, telemetry } = await running({ maxKeys: 2 })
    await bus.give('interactions', 0, [call(0), call(1), call(2), call(5), call(3), call(9)])
    expect(telemetry.counts.get('evicted')).toBe(2)
    expect(bus.all<Finding>('findings').map(({ actor }) => actor)).toEqual(['a1'])
  })

  it('starts from nothing, and says so, where the saved state has another shape', async () => {
    for (const stored of [
      { version: 99, nextOffset: 7, state: Buffer.alloc(0) }, { version: STATE_VERSION, nextOffset: 7, state: Buffer.from('rubbish') },
    ]) {
      const snapshots = new ScriptedSnapshots()
      snapshots.stored = stored
      const { start, telemetry, bus } = await running({}, snapshots)
      expect(start).toBeUndefined()
      expect(telemetry.counts.get('ignored')).toBe(1)
      await bus.give('interactions', 7, [call(1)])
      expect(snapshots.stored).toMatchObject({ version: STATE_VERSION, nextOffset: 8 })
    }
  })

  it('says the same findings with restarts at any places as without', async () => {
    let found = 0
    const script = fc.array(fc.record({ actors: fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 8 }),
      end: fc.constantFrom('none', 'stop', 'kill') }), { minLength: 1, maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(script, fc.integer({ min: 1, max: 9 }), async (steps, snapshotRecords) => {
        let n = 0
        const ends = steps.map(({ end }) => end)
        const log = steps.map(({ actors }) => actors.map((actor) => call(n++, at(n * 9_000, { actor: `a${actor}` }))))
        const config = { snapshotRecords, maxKeys: 7 }
        const whole = await running(config)
        for (const [offset, records] of log.entries()) await whole.bus.give('interactions', offset, records)

        const bus = new ScriptedBus()
        let now = await running(config, new ScriptedSnapshots(), bus)
        for (let offset = 0; offset < log.length; offset++) {
          await bus.give('interactions', offset, log[offset] ?? [])
          const end = ends[offset]
          if (end === 'none') continue
          ends[offset] = 'none'
          if (end === 'stop') await now.worker.stop()
          now = await running(config, now.snapshots, bus)
          offset = (now.start ?? 0) - 1
        }
        expect(said(bus)).toEqual(said(whole.bus))
        found += said(bus).size
      }),
      { numRuns: 200 },
    )
    expect(found).toBeGreaterThan(500)
  })

  it('may be stopped before it starts and twice', async () => {
    const idle = createWorker(WORKER_DEFAULTS, armed, { bus: new ScriptedBus(), snapshots: new ScriptedSnapshots(), keyedHash,
      telemetry: counting() })
    await idle.stop()
    expect(idle.notReady()).toBe('not started')
    const { worker, snapshots, bus } = await running()
    await bus.give('interactions', 0, [call(1)])
    await bus.give('interactions', 1, [call(2)])
    await worker.stop()
    await worker.stop()
    expect(snapshots.stored?.nextOffset).toBe(2)
  })
})
