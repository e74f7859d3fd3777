/** Four assemblers on a bus of four partitions say what one says on one: recorded traffic and conversations over several traces, with crashes and members that come and go. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { openKafkaBus } from '../../infra/kafka/kafka-bus.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import type { AuditEvent } from '../../schemas/audit-event.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import type { Bus, Log, Service, Snapshots } from '../../schemas/ports.ts'
import { eventKey } from '../../schemas/record-key.ts'
import { EventRecord, events, interactions } from '../../schemas/topics.ts'
import type { Identity } from '../../services/assembler/identities.ts'
import { createAssembler } from '../../services/assembler/service.ts'
import { LIMITS } from './across-traces/cluster.ts'
import { eventsOf } from './across-traces/recordings.ts'
import { meaning, newest, SECOND, START, story } from './across-traces/stories.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-assemblers-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const quiet = (): void => undefined
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: (fields, message) => console.error(message, fields) }
const nothingStored = { places: () => Promise.resolve(new Map()) }

/** An instance that can be cut off as a kill cuts it off: from then on nothing of it reaches bus or disk. */
interface Instance {
  readonly service: Service
  /** What it saves is not kept, so that whoever follows has more to do again. */
  forgetful: boolean
  dead: boolean
}

function instance(bus: Bus, { partitions, identities = [] }: Scene, snapshots: Snapshots): Instance {
  const alive = <T>(work: () => Promise<T>): Promise<T> => (self.dead ? Promise.reject(new Failure('unavailable', 'test.dead', 'dead')) : work())
  const cut: Bus = {
    ...bus, publish: (topic, batch) => alive(() => bus.publish(topic, batch)), broadcast: (topic, record) => alive(() => bus.broadcast(topic, record)),
    lag: () => bus.lag(), close: () => bus.close(),
    subscribe: async (topic, options) => {
      const subscription = await bus.subscribe(topic, options)
      return { commit: (partition, next) => alive(() => subscription.commit(partition, next)), stop: () => subscription.stop() }
    },
  }
  const kept: Snapshots = {
    load: (name) => snapshots.load(name),
    save: (name, snapshot) => alive(() => (self.forgetful ? Promise.resolve() : snapshots.save(name, snapshot))),
  }
  const service = createAssembler({ partitions, limits: LIMITS, identities, snapshotEveryNs: 0n }, { bus: cut, snapshots: kept, store: nothingStored, log })
  const self: Instance = { service, forgetful: false, dead: false }
  return self
}

interface Scene {
  readonly partitions: number
  readonly identities?: readonly Identity[]
  /** A bus for one more member. */
  member(): Promise<Bus>
}

class Company {
  readonly #scene: Scene
  readonly #bus: Bus
  readonly #snapshots: Snapshots
  readonly #members: Instance[] = []
  readonly #said: Interaction[] = []
  /** Partitions on which something of an actor came. */
  readonly placesOf = new Map<string, Set<number>>()

  private constructor(scene: Scene, bus: Bus, snapshots: Snapshots) {
    this.#scene = scene
    this.#bus = bus
    this.#snapshots = snapshots
  }
  static async open(scene: Scene, members: number): Promise<Company> {
    const snapshots = await openFileSnapshots(join(directory, randomUUID()), () => undefined)
    const company = new Company(scene, await scene.member(), snapshots)
    await company.#bus.subscribe(interactions, {
      group: 'test', gap: async () => undefined, failed: (error) => { throw error },
      async handle(envelopes) {
        for (const { records, partition } of envelopes) {
          company.#said.push(...records)
          for (const { actor } of records) company.placesOf.set(actor, (company.placesOf.get(actor) ?? new Set()).add(partition))
        }
      },
    })
    for (let i = 0; i < members; i++) await company.join()
    return company
  }
  async join(forgetful = false): Promise<void> {
    const one = instance(await this.#scene.member(), this.#scene, this.#snapshots)
    one.forgetful = forgetful
    this.#members.push(one)
    await one.service.start()
  }
  async leave(): Promise<void> {
    await this.#members.shift()?.service.stop()
  }
  /** The newest is killed; whoever has its partitions next goes on from what it had saved. */
  async crash(): Promise<void> {
    const one = this.#members.pop()
    if (one === undefined) return
    one.dead = true
    await one.service.stop().catch(() => undefined)
  }
  async send(some: readonly AuditEvent[]): Promise<void> {
    for (let from = 0; from < some.length; from += 5) {
      await this.#bus.publish(events, some.slice(from, from + 5).map((event) => ({ key: eventKey(event), record: EventRecord.together([event])[0] as EventRecord })))
    }
  }
  /** All that is on the bus was read, and what came of it. */
  async drained(): Promise<void> {
    for (let calm = 0; calm < 3;) {
      const lag = (await this.#bus.lag()).filter(({ end }) => end > 0)
      calm = lag.length > 0 && lag.every(({ group, committed, end }) => group === 'test' || committed === end) ? calm + 1 : 0
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  async finish(): Promise<Interaction[]> {
    await this.drained()
    for (const seconds of [300n, 320n, 340n]) {
      await this.#bus.broadcast(events, EventRecord.tick(START + seconds * SECOND))
      await this.drained()
    }
    for (const { service } of this.#members) await service.stop()
    const total = (): number => this.#said.length
    // The test's own reader commits nothing: it is done when nothing more comes.
    for (let before = -1; before !== total();) {
      before = total()
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    return this.#said
  }
}

const recorded = ['pydantic-ai', 'fastmcp', 'shinzo-ts'].flatMap(eventsOf).map((event): AuditEvent => ({ ...event, received_at: START + 210n * SECOND }))
const ALL = [...recorded, ...[1, 2, 3, 4, 5, 6].flatMap(story)]

const closing: Bus[] = []
afterAll(async () => { for (const bus of closing) await bus.close() })

/** One log in the process, which all members share. */
async function embedded(partitions: number): Promise<Scene> {
  const bus = await openEmbeddedLog({ directory: join(directory, randomUUID()), partitions, clock })
  closing.push(bus)
  return { partitions, member: async () => bus }
}

async function alone(order: readonly AuditEvent[]): Promise<Interaction[]> {
  const company = await Company.open(await embedded(1), 1)
  await company.send(order)
  return await company.finish()
}

/** Members crash, come and go between the parts of the traffic. */
async function troubled(scene: Scene, order: readonly AuditEvent[]): Promise<Interaction[]> {
  const company = await Company.open(scene, 3)
  await company.join(true)
  const part = (from: number, to: number) => company.send(order.slice(Math.floor(order.length * from), Math.floor(order.length * to)))
  await part(0, 0.4)
  await company.crash()
  await part(0.4, 0.6)
  await company.join()
  await part(0.6, 0.8)
  await company.leave()
  await part(0.8, 1)
  return await company.finish()
}

const orders = fc.shuffledSubarray(ALL.map((_, index) => index), { minLength: ALL.length })
const inOrder = (indexes: readonly number[]): AuditEvent[] => indexes.map((index) => ALL[index] as AuditEvent)

describe('four assemblers', () => {
  let expected: unknown[]
  beforeAll(async () => {
    const one = await alone(ALL)
    expect(newest(one)).toHaveLength(6 + 28 + 2 + 6 * 3)
    expected = meaning(one)
  })

  it('say what one says, in any order of arrival', async () => {
    await fc.assert(fc.asyncProperty(orders, async (indexes) => {
      const company = await Company.open(await embedded(4), 4)
      await company.send(inOrder(indexes))
      expect(meaning(await company.finish())).toEqual(expected)
    }), { numRuns: 4 })
  }, 120_000)

  it('say it when one is killed, one comes and one goes', async () => {
    await fc.assert(fc.asyncProperty(orders, async (indexes) => {
      expect(meaning(await troubled(await embedded(8), inOrder(indexes)))).toEqual(expected)
    }), { numRuns: 4 })
  }, 120_000)

  it('say one actor for all names of one, and send all that he did to one place', async () => {
    const events = [1, 2, 3, 4, 5, 6].flatMap(story)
    const plain = await alone(events)
    const kim = { tenant: 'acme', name: 'kim@example.com', kind: 'person' as const, aliases: [1, 2, 3, 4, 5, 6].map((number) => `KIM-${number}`) }
    const company = await Company.open({ ...await embedded(4), identities: [kim] }, 4)
    await company.send(events)
    const known = newest(await company.finish())
    const isKims = ({ actor }: Interaction): boolean => actor.startsWith('kim')
    expect(new Set(newest(plain).filter(isKims).map(({ actor }) => actor)).size).toBe(6)
    expect(known.filter(isKims).map(({ actor, principal, actor_kind: kind }) => [actor, principal, kind]))
      .toEqual(newest(plain).filter(isKims).map(() => ['kim@example.com', 'kim@example.com', 'principal']))
    expect(company.placesOf.get('kim@example.com')?.size).toBe(1)
  }, 60_000)
})

const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)

describe.skipIf(missing !== '')('four assemblers on Kafka', () => {
  let broker: Broker
  beforeAll(async () => { broker = await startBroker() }, 120_000)
  afterAll(async () => broker.stop(), 60_000)

  it('say what one says on the embedded log, when one is killed, one comes and one goes', async () => {
    const prefix = `a${randomUUID().slice(0, 8)}.`
    const member = async (): Promise<Bus> => {
      const bus = await openKafkaBus({ brokers: [broker.bootstrap], prefix, partitions: 4, clock })
      closing.unshift(bus)
      return bus
    }
    expect(meaning(await troubled({ partitions: 4, member }, ALL))).toEqual(meaning(await alone(ALL)))
    for (const bus of closing.splice(0)) await bus.close()
  }, 180_000)
})
