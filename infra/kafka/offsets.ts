/** Offsets as the cluster has them. Asked on connections of their own: a group's own connection is silent while the broker holds its join. */
import { Failure } from '../../schemas/failure.ts'
import type { ClusterLink } from './cluster-link.ts'

export interface Bounds {
  /** Oldest offset that is still there, and the one that the next record will have. */
  readonly first: number
  readonly end: number
}

export interface Membership {
  readonly memberId: string
  readonly generationId: number
}

export class Offsets {
  readonly #link: ClusterLink

  constructor(link: ClusterLink) {
    this.#link = link
  }

  async bounds(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, Bounds>> {
    await this.#link.add([topic])
    const asked = partitions.map((partition) => ({ partition }))
    const ask = async (fromBeginning: boolean): Promise<ReadonlyMap<number, number>> =>
      await this.#link.call('asking for offsets', async (cluster) => {
        const answers = await cluster.fetchTopicsOffset([{ topic, partitions: asked, fromBeginning }])
        return new Map(answers.flatMap((each) => each.partitions).map(({ partition, offset }) => [partition, Number(offset)]))
      })
    try {
      const [first, end] = await Promise.all([ask(true), ask(false)])
      return new Map(partitions.map((partition) => [partition, { first: asOffset(first.get(partition)), end: asOffset(end.get(partition)) }]))
    } catch (error) {
      // Its leader may have moved: the next call asks again who it is.
      await this.#link.refresh().catch(() => undefined)
      throw error
    }
  }

  /** Undefined where the group has committed nothing, or so long ago that the broker forgot it (`offsets.retention.minutes`, 7 days). */
  async committed(groupId: string, topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const topics = [{ topic, partitions: partitions.map((partition) => ({ partition })) }]
    const { responses } = await this.#link.coordinator(groupId, 'asking for committed offsets', (broker) => broker.offsetFetch({ groupId, topics }))
    const found = responses.flatMap((each) => each.partitions).map(({ partition, offset }) => [partition, Number(offset)] as const)
    return new Map(found.filter(([, offset]) => offset >= 0))
  }

  async commit(groupId: string, topic: string, { memberId, generationId }: Membership, next: ReadonlyMap<number, number>): Promise<void> {
    const partitions = [...next].map(([partition, offset]) => ({ partition, offset: String(offset) }))
    await this.#link.coordinator(groupId, 'committing offsets', (broker) =>
      broker.offsetCommit({ groupId, memberId, groupGenerationId: generationId, topics: [{ topic, partitions }] }))
  }
}

function asOffset(value: number | undefined): number {
  if (value === undefined || !Number.isSafeInteger(value) || value < 0) throw new Failure('unavailable', 'kafka.offsets', 'Kafka: the leader of a partition gave no offset')
  return value
}
