/** The bus on Apache Kafka. See README.md for what it survives and how it is set up. */
import { randomUUID } from 'node:crypto'
import type { Admin, Kafka } from 'kafkajs'
import { Failure, kindOf } from '../../schemas/failure.ts'
import type { Bus, Keyed, PartitionLag, SubscribeOptions, Subscription } from '../../schemas/ports.ts'
import { RefusedRecords } from '../../schemas/refused-records.ts'
import type { Topic } from '../../schemas/topics.ts'
import { CLIENT_RETRY, makeClient, tlsOf } from './client.ts'
import { ClusterLink } from './cluster-link.ts'
import { pause, within } from './deadline.ts'
import { envelopesOf, RecordSizes, valueOf } from './envelopes.ts'
import { failureOf, isSilence, unavailable } from './failures.ts'
import { groupIdOf, lagOf } from './lag.ts'
import { Offsets } from './offsets.ts'
import { type KafkaBusOptions, type Settings, withDefaults } from './options.ts'
import { Outbox, TOO_LARGE, tooLargeMessage } from './outbox.ts'
import type { Budget } from './partition-buffer.ts'
import { probe } from './probe.ts'
import { Sender } from './sender.ts'
import { type KafkaSubscription, openSubscription } from './subscription.ts'
import { type TopicShape, Topics } from './topics.ts'

export interface KafkaBusStats {
  /** '' when brokers take publishes and answer groups, else why not. */
  readonly notReady: string
  /** Encoded bytes that wait to be durable. */
  readonly waitingBytes: number
  /** Encoded bytes fetched and not yet handled. */
  readonly inFlightBytes: number
  /** Parts of publishes that were refused or given up. */
  readonly refused: number
  /** Producers given up after a failed send. */
  readonly producersReplaced: number
  /** Times that a stalled subscription's connections were made anew. */
  readonly renewals: number
  readonly gaps: number
}

export interface KafkaBus extends Bus {
  stats(): KafkaBusStats
}

const NEVER = new AbortController().signal

/**
 * Connects, and makes or checks `options.topics`. Failure `misconfigured` with a sentence that says what to change: address, protocol, TLS, SASL, rights,
 * topics of another shape. Failure `unavailable` where no broker answers for `connectWithinMs`, or one goes away meanwhile: it may be tried again.
 */
export async function openKafkaBus(options: KafkaBusOptions): Promise<KafkaBus> {
  const settings = withDefaults(options)
  if (settings.brokers.length === 0) throw new Failure('misconfigured', 'kafka.address', 'Kafka: no brokers are given: write at least one host:port')
  const kafka = await makeClient(settings)
  await reach(settings)
  const bus = new OpenBus(settings, kafka)
  try {
    await bus.connect()
    return bus
  } catch (error) {
    await bus.close()
    throw await startFailure(error, settings)
  }
}

/** kafkajs does not see that a broker refuses a token: it sees that the connection is closed, by a broker that answers others. */
async function startFailure(error: unknown, settings: Settings): Promise<Failure> {
  const failure = failureOf(error, 'start')
  if (settings.sasl?.mechanism !== 'oauthbearer' || failure.kind !== 'unavailable') return failure
  const away = await reach({ ...settings, connectWithinMs: 0 }).then(() => undefined, (reason: unknown) => failureOf(reason, 'reach a broker'))
  if (away !== undefined) return away
  return new Failure('misconfigured', 'kafka.credentials', 'Kafka: the broker ends the connection after it was given the token, most likely because it refuses it: ' +
    "check the token's issuer, audience and expiry", { cause: error })
}

/** One broker that answers is enough. */
async function reach(settings: Settings): Promise<void> {
  const tls = await tlsOf(settings.tls)
  const deadline = performance.now() + settings.connectWithinMs
  for (;;) {
    const failures: unknown[] = []
    for (const address of settings.brokers) {
      try {
        return await probe({ address, tls, sasl: settings.sasl !== undefined, timeoutMs: settings.requestTimeoutMs })
      } catch (error) {
        failures.push(error)
      }
    }
    // Who is away may come; who speaks another protocol will not change.
    const [wrong] = failures.filter((error) => kindOf(error) !== 'unavailable')
    if (wrong !== undefined) throw wrong
    if (performance.now() > deadline) throw failureOf(failures[0], 'reach a broker')
    await pause(500, NEVER)
  }
}

class OpenBus implements KafkaBus {
  readonly #settings: Settings
  readonly #kafka: Kafka
  readonly #control: ClusterLink
  /** For the ends of topics, those of other processes among them: where one is gone, only this link is in doubt. */
  readonly #asked: ClusterLink
  readonly #topics: Topics
  readonly #sender: Sender
  readonly #outbox: Outbox
  readonly #budget: Budget
  readonly #sizes = new RecordSizes()
  readonly #process = randomUUID()
  readonly #subscriptions = new Set<KafkaSubscription>()
  #admin: Promise<Admin> | undefined
  #renewals = 0
  #gaps = 0
  #closing: Promise<void> | undefined

  constructor(settings: Settings, kafka: Kafka) {
    this.#settings = settings
    this.#kafka = kafka
    this.#control = new ClusterLink({ kafka, topics: [], timeoutMs: settings.requestTimeoutMs })
    this.#asked = new ClusterLink({ kafka, topics: [], timeoutMs: settings.requestTimeoutMs })
    this.#topics = new Topics(settings, async () => this.#connectedAdmin())
    this.#sender = new Sender(settings, kafka)
    this.#outbox = new Outbox(settings, this.#sender)
    this.#budget = { used: 0, limit: settings.maxInFlightBytes }
  }

  /** Credentials, rights and topics are found out now and not by the first record. */
  async connect(): Promise<void> {
    const admin = await this.#connectedAdmin()
    await within(this.#settings.requestTimeoutMs * 4, 'asking for the cluster', admin.describeCluster())
    for (const topic of this.#settings.topics ?? []) await this.#topics.shape(topic)
  }

  async publish<T>(topic: Topic<T>, batch: readonly Keyed<T>[]): Promise<void> {
    if (batch.length === 0) return
    const shape = await this.#shape(topic.name)
    const { parts, refused, largest } = envelopesOf(topic, batch, shape, this.#sizes)
    try {
      await this.#outbox.publish(shape, topic.codec.joins === true, parts)
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== TOO_LARGE) throw error
      if (await this.#takesLess(shape)) return await this.publish(topic, batch)
      return await this.#publishHalves(topic, batch, error)
    }
    if (refused.length > 0) throw new RefusedRecords(TOO_LARGE, tooLargeMessage(shape, largest), refused)
  }

  async broadcast<T>(topic: Topic<T>, record: T): Promise<void> {
    const shape = await this.#shape(topic.name)
    const value = valueOf(topic, [record])
    const parts = Array.from({ length: shape.partitions }, (_, partition) => ({ partition, records: 1, value }))
    try {
      await this.#outbox.publish(shape, topic.codec.joins === true, parts)
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== TOO_LARGE) throw error
      if (await this.#takesLess(shape)) return await this.broadcast(topic, record)
      throw new RefusedRecords(error.code, error.message, [record])
    }
  }

  /** A broker takes less than its topic says: which record it is finds out who publishes them apart. */
  async #publishHalves<T>(topic: Topic<T>, batch: readonly Keyed<T>[], { code, message }: Failure): Promise<void> {
    if (batch.length === 1) throw new RefusedRecords(code, message, [batch[0]!.record])
    const middle = batch.length >>> 1
    const refused: unknown[] = []
    for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
      await this.publish(topic, half).catch((error: unknown) => {
        if (!(error instanceof RefusedRecords)) throw error
        refused.push(...error.records)
      })
    }
    if (refused.length > 0) throw new RefusedRecords(code, message, refused)
  }

  async subscribe<T>(topic: Topic<T>, options: SubscribeOptions<T>): Promise<Subscription> {
    const { prefix } = this.#settings
    const shape = await this.#topics.shape(topic.name)
    if (this.#closing !== undefined) throw closed()
    const subscription = openSubscription(topic, options, {
      settings: this.#settings, kafka: this.#kafka, control: this.#control, budget: this.#budget, process: this.#process, shape,
      groupId: groupIdOf(prefix, options.group, topic.name),
      gapMet: () => this.#gaps++,
      ended: (ended) => {
        this.#renewals += ended.renewals
        this.#subscriptions.delete(ended)
      },
    })
    this.#subscriptions.add(subscription)
    return subscription
  }

  async lag(): Promise<readonly PartitionLag[]> {
    try {
      const groupIds = [...this.#subscriptions].map(({ groupId }) => groupId)
      return await within(this.#settings.requestTimeoutMs * 4, 'asking for the lag', this.#lagOf(groupIds))
    } catch (error) {
      if (isSilence(error)) void this.#closeAdmin()
      throw unavailable(error, 'ask for the lag')
    }
  }

  async #lagOf(groupIds: readonly string[]): Promise<readonly PartitionLag[]> {
    return await lagOf({ admin: await this.#connectedAdmin(), offsets: new Offsets(this.#asked), prefix: this.#settings.prefix, groupIds })
  }

  stats(): KafkaBusStats {
    let [renewals, notReady] = [this.#renewals, this.#outbox.trouble]
    for (const subscription of this.#subscriptions) {
      renewals += subscription.renewals
      notReady ||= subscription.notReady
    }
    if (this.#closing !== undefined) notReady = 'the bus is closed'
    const { waitingBytes, refused } = this.#outbox
    return { notReady, waitingBytes, inFlightBytes: this.#budget.used, refused, producersReplaced: this.#sender.replaced, renewals, gaps: this.#gaps }
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map(async (subscription) => subscription.stop()))
    await this.#outbox.close()
    await Promise.all([this.#sender.close(), this.#control.close(), this.#asked.close(), this.#closeAdmin()])
  }

  async #closeAdmin(): Promise<void> {
    const admin = this.#admin
    this.#admin = undefined
    if (admin === undefined) return
    await within(this.#settings.requestTimeoutMs, 'disconnecting', admin.then((each) => each.disconnect())).catch(() => undefined)
  }

  /** For a caller that publishes: a topic that cannot be had now is no fault of its records. */
  async #shape(name: string): ReturnType<Topics['shape']> {
    if (this.#closing !== undefined) throw closed()
    return await this.#topics.shape(name).catch((error: unknown) => {
      if (isSilence(error)) void this.#closeAdmin()
      throw unavailable(error, `use topic ${name}`)
    })
  }

  /** Whether somebody lowered the topic's limit: then the publish is cut anew. What was written of it by then is there twice, as after any retry. */
  async #takesLess({ name, maxMessageBytes }: TopicShape): Promise<boolean> {
    const now = await this.#topics.shapeNow(name).catch((error: unknown) => { throw unavailable(error, `use topic ${name}`) })
    return now.maxMessageBytes < maxMessageBytes
  }

  async #connectedAdmin(): Promise<Admin> {
    this.#admin ??= this.#openAdmin()
    const mine = this.#admin
    try {
      return await mine
    } catch (error) {
      if (this.#admin === mine) this.#admin = undefined
      throw error
    }
  }

  async #openAdmin(): Promise<Admin> {
    const admin = this.#kafka.admin({ retry: CLIENT_RETRY })
    await within(this.#settings.requestTimeoutMs * 4, 'connecting', admin.connect()).catch((error: unknown) => {
      void admin.disconnect().catch(() => undefined)
      throw error
    })
    return admin
  }
}

const closed = (): Failure => new Failure('unavailable', 'kafka.closed', 'Kafka: the bus is closed')
