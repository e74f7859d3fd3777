/** How far the groups of a bus are behind, as the cluster knows it: also groups of other processes. */
import type { Admin } from 'kafkajs'
import type { PartitionLag } from '../../schemas/ports.ts'

/** `group:topic` behind the prefix: a group of ours reads one topic, so that members come and go without disturbing readers of another. */
export const groupIdOf = (prefix: string, group: string, topic: string): string => `${prefix}${group}:${topic}`

/** In the name of a group that ends with its process: nobody waits for it, and the broker forgets it. */
const OF_ONE_PROCESS = '~'

export interface LagQuestion {
  readonly admin: Admin
  readonly prefix: string
  /** Groups that are known without asking. */
  readonly groupIds: Iterable<string>
}

interface Group {
  readonly groupId: string
  readonly group: string
  readonly topic: string
}

export async function lagOf({ admin, prefix, groupIds }: LagQuestion): Promise<readonly PartitionLag[]> {
  const listed = (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter((groupId) => !groupId.includes(OF_ONE_PROCESS))
  const groups = [...new Set([...groupIds, ...listed])].map((groupId) => parse(prefix, groupId)).filter((group) => group !== undefined)
  const topics = new Map<string, Awaited<ReturnType<Admin['fetchTopicOffsets']>>>()
  const lags: PartitionLag[] = []
  for (const { groupId, group, topic } of groups) {
    const full = `${prefix}${topic}`
    const ends = topics.get(topic) ?? await admin.fetchTopicOffsets(full)
    topics.set(topic, ends)
    const [committed] = await admin.fetchOffsets({ groupId, topics: [full] })
    const offsets = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
    for (const { partition, low, high } of ends) {
      const offset = offsets.get(partition) ?? -1
      lags.push({ topic, group, partition, committed: offset < 0 ? Number(low) : offset, end: Number(high) })
    }
  }
  return lags.sort((a, b) => a.partition - b.partition)
}

function parse(prefix: string, groupId: string): Group | undefined {
  const colon = groupId.lastIndexOf(':')
  if (!groupId.startsWith(prefix) || colon <= prefix.length) return undefined
  return { groupId, group: groupId.slice(prefix.length, colon), topic: groupId.slice(colon + 1) }
}
