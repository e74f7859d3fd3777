/** One set of connections to the cluster, made when first needed and made anew when they no longer help. */
import type { Broker, Cluster, Kafka } from 'kafkajs'
import { Failure } from '../../schemas/failure.ts'
import { type GroupBroker, makeCluster } from './client.ts'
import { within } from './deadline.ts'
import { isSilence } from './failures.ts'

export interface LinkOptions {
  readonly kafka: Kafka
  readonly topics: readonly string[]
  /** For what is answered at once. */
  readonly timeoutMs: number
}

/** kafkajs (2.2.4) keeps a connection whose requests are never answered, for ever. So many in a row, and others are made. */
const MOST_SILENCES = 2

/** Every call has a deadline of a few request timeouts: kafkajs retries inside, and some of its calls never settle. */
export class ClusterLink {
  readonly #options: LinkOptions
  readonly #topics: Set<string>
  #cluster: Promise<Cluster> | undefined
  #coordinators = new Map<string, Promise<Broker>>()
  #silences = 0
  /** Times that the connections were made anew. */
  renewals = 0

  constructor(options: LinkOptions) {
    this.#options = options
    this.#topics = new Set(options.topics)
  }

  get callMs(): number {
    return this.#options.timeoutMs * 3 + 1000
  }

  async call<T>(what: string, call: (cluster: Cluster) => Promise<T>, extraMs = 0): Promise<T> {
    const asked = this.renewals
    try {
      const answer = await within(this.callMs + extraMs, what, (async () => call(await this.#connected()))())
      this.#silences = 0
      return answer
    } catch (error) {
      if (!isSilence(error)) this.#silences = 0
      else if (asked === this.renewals && ++this.#silences >= MOST_SILENCES) this.renew()
      throw error
    }
  }

  /** Connected to the broker that leads the group; found again after `forget`. */
  async coordinator<T>(groupId: string, what: string, call: (broker: GroupBroker) => Promise<T>, extraMs = 0): Promise<T> {
    return await this.call(what, async (cluster) => {
      const known = this.#coordinators.get(groupId) ?? findCoordinator(cluster, groupId)
      this.#coordinators.set(groupId, known)
      try {
        const broker = await known
        if (!broker.isConnected()) await broker.connect()
        return await call(broker as unknown as GroupBroker)
      } catch (error) {
        this.#coordinators.delete(groupId)
        throw error
      }
    }, extraMs)
  }

  /** The metadata of these topics is kept from now on. */
  async add(topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#topics.add(topic)
    await this.call('asking for topics', (cluster) => cluster.addMultipleTargetTopics([...topics]))
  }

  async refresh(): Promise<void> {
    this.#coordinators.clear()
    await this.call('asking for metadata', (cluster) => cluster.refreshMetadata())
  }

  /** Lets go of the connections without waiting for them; the next call makes others. */
  renew(): void {
    const old = this.#cluster
    this.#cluster = undefined
    this.#coordinators.clear()
    this.#silences = 0
    this.renewals++
    void old?.then((cluster) => cluster.disconnect()).catch(() => undefined)
  }

  async close(): Promise<void> {
    const old = this.#cluster
    this.#cluster = undefined
    if (old !== undefined) await within(this.#options.timeoutMs, 'disconnecting', old.then((cluster) => cluster.disconnect())).catch(() => undefined)
  }

  async #connected(): Promise<Cluster> {
    this.#cluster ??= this.#connect()
    const mine = this.#cluster
    try {
      return await mine
    } catch (error) {
      if (this.#cluster === mine) this.#cluster = undefined
      throw error
    }
  }

  async #connect(): Promise<Cluster> {
    const cluster = makeCluster(this.#options.kafka)
    await within(this.callMs, 'connecting', cluster.connect())
    await within(this.callMs, 'asking for topics', cluster.addMultipleTargetTopics([...this.#topics]))
    return cluster
  }
}

/** kafkajs's own (2.2.4) hides why a broker refuses, such as a missing right. */
async function findCoordinator(cluster: Cluster, groupId: string): Promise<Broker> {
  const broker = await anyBroker(cluster)
  const { coordinator } = await broker.findGroupCoordinator({ groupId, coordinatorType: 0 })
  try {
    return await cluster.findBroker({ nodeId: String(coordinator.nodeId) })
  } catch (error) {
    await cluster.refreshMetadata()
    throw error
  }
}

async function anyBroker(cluster: Cluster): Promise<GroupBroker> {
  let last: unknown = new Failure('unavailable', 'kafka.unavailable', 'Kafka: no broker is known')
  for (const nodeId of cluster.getNodeIds()) {
    try {
      return await cluster.findBroker({ nodeId: String(nodeId) }) as unknown as GroupBroker
    } catch (error) {
      last = error
    }
  }
  throw last
}
