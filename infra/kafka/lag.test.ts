import type { Admin } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { lagOf } from './lag.ts'

/** A cluster with one group, as far as the question for its lag goes. */
const admin = {
  listGroups: async () => ({ groups: [{ groupId: 'wk.archiver:events', protocolType: 'consumer' }, { groupId: 'wk.policies~1:policies', protocolType: 'consumer' }] }),
  fetchTopicMetadata: async () => ({ topics: [{ name: 'wk.events', partitions: [{ partitionId: 1 }, { partitionId: 0 }] }] }),
  fetchOffsets: async () => [{ topic: 'wk.events', partitions: [{ partition: 0, offset: '4', metadata: null }] }],
} as unknown as Admin

describe('lag', () => {
  it('is known a moment later where a broker has not heard yet that it leads', async () => {
    let asked = 0
    const offsets = {
      async bounds(_topic: string, partitions: readonly number[]) {
        if (asked++ === 0) throw Object.assign(new Error('not the leader'), { name: 'KafkaJSProtocolError', type: 'NOT_LEADER_FOR_PARTITION', retriable: true })
        return new Map(partitions.map((partition) => [partition, { first: 2, end: 9 }]))
      },
    }
    expect(await lagOf({ admin, offsets, prefix: 'wk.', groupIds: [] })).toEqual([
      { topic: 'events', group: 'archiver', partition: 0, committed: 4, end: 9 }, { topic: 'events', group: 'archiver', partition: 1, committed: 2, end: 9 },
    ])
  })

  it('is not known where the bus refuses', async () => {
    const refusal = Object.assign(new Error('no'), { name: 'KafkaJSProtocolError', type: 'TOPIC_AUTHORIZATION_FAILED' })
    const offsets = { bounds: () => Promise.reject(refusal) }
    await expect(lagOf({ admin, offsets, prefix: 'wk.', groupIds: ['wk.archiver:events'] })).rejects.toBe(refusal)
  })
})
