/** How far the groups of a bus are behind, as the cluster knows it: also groups of other processes. */
import type { Admin } from 'kafkajs'
import type { PartitionLag } from '../../schemas/ports.ts'
import { appearing } from './appearing.ts'
import type { Bounds, Offsets } from './offsets.ts'

/** `group:topic` behind the prefix: a group of ours reads one topic, so that members come and go without disturbing readers of another. */
export const groupIdOf = (prefix: string, group: string, topic: string): string => `${prefix}${group}:${topic}`

/** In the name of a group that ends with its process: nobody waits for it, and the broker forgets it. */
const OF_ONE_PROCESS = '~'

export interface LagQuestion {
  readonly admin: Admin
  /** Knows when a leader has moved; kafkajs's own question for ends (2.2.4) goes to the old one until its metadata is five minutes old. */
  readonly offsets: Pick<Offsets, 'bounds'>
  readonly prefix: string
  /** Groups that are known without asking. */
  readonly groupIds: Iterable<string>
}

interface Group {
  readonly groupId: string
  readonly group: string
  readonly topic: string
}

export async function lagOf({ admin, offsets: asked, prefix, groupIds }: LagQuestion): Promise<readonly PartitionLag[]> {
  const listed = (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter((groupId) => !groupId.includes(OF_ONE_PROCESS))
  const groups = [...new Set([...groupIds, ...listed])].map((groupId) => parse(prefix, groupId)).filter((group) => group !== undefined)
  const topics = new Map<string, ReadonlyMap<number, Bounds>>()
  const lags: PartitionLag[] = []
  for (const { groupId, group, topic } of groups) {
    const full = `${prefix}${topic}`
    const ends = topics.get(topic) ?? await boundsOf(full, admin, asked)
    topics.set(topic, ends)
    const [committed] = await admin.fetchOffsets({ groupId, topics: [full] })
    const offsets = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
    for (const [partition, { first, end }] of ends) {
      const offset = offsets.get(partition) ?? -1
      lags.push({ topic, group, partition, committed: offset < 0 ? first : offset, end })
    }
  }
  return lags.sort((a, b) => a.partition - b.partition)
}

async function boundsOf(topic: string, admin: Admin, offsets: Pick<Offsets, 'bounds'>): Promise<ReadonlyMap<number, Bounds>> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const partitions = (topics[0]?.partitions ?? []).map(({ partitionId }) => partitionId).sort((a, b) => a - b)
  return await appearing(async () => await offsets.bounds(topic, partitions))
}

function parse(prefix: string, groupId: string): Group | undefined {
  const colon = groupId.lastIndexOf(':')
  if (!groupId.startsWith(prefix) || colon <= prefix.length) return undefined
  return { groupId, group: groupId.slice(prefix.length, colon), topic: groupId.slice(colon + 1) }
}
