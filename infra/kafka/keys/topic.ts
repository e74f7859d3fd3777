/** The compacted topic of keys. */
import type { Kafka } from 'kafkajs'
import { Failure } from '../../../schemas/failure.ts'
import { ensureCompactedTopic } from '../compacted-topic.ts'
import type { Settings } from '../options.ts'

/** What was written over is to be gone soon: segments are closed after a minute and compacted at once. The limit on the lag is of Kafka 2.3 and later. */
const SHAPE = {
  'max.message.bytes': '1048588', 'segment.ms': '60000', 'min.cleanable.dirty.ratio': '0.001', 'min.compaction.lag.ms': '0', 'max.compaction.lag.ms': '60000',
  'delete.retention.ms': '86400000',
}

/** Throws Failure `misconfigured` where a topic of that name would lose keys. */
export async function ensureKeyTopic(kafka: Kafka, settings: Settings, topic: string): Promise<void> {
  await ensureCompactedTopic(kafka, settings, {
    topic, partitions: 1, settings: SHAPE,
    wrong({ partitions, setting }) {
      const policy = setting('cleanup.policy')
      if (policy === 'compact' && partitions === 1) return undefined
      return new Failure('misconfigured', 'kafka.keys', `Kafka: topic ${topic} has ${partitions} partitions and cleanup.policy ${policy}; the keys of the log are kept in one with 1 ` +
        'and compact: use another prefix, or remove that topic where nothing of ours is in it')
    },
  })
}
