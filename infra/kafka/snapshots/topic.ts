/** The compacted topic of snapshots: made as it must be, and checked when it is there already. */
import type { Kafka } from 'kafkajs'
import { Failure } from '../../../schemas/failure.ts'
import { ensureCompactedTopic, type FoundTopic } from '../compacted-topic.ts'
import { OVERHEAD } from '../envelopes.ts'
import type { Settings } from '../options.ts'

export const INDEX = 0
/** Pieces of different states are written side by side. */
export const PIECE_PARTITIONS = 4
/** A piece of a state, and the most that stands in the index. */
export const PIECE_BYTES = 900_000
export const INLINE_BYTES = 8_192

const MOST_BYTES = '1048588'
/**
 * Segments are closed often, because only closed ones are compacted and the index is read from its beginning at each start. Tombstones are kept for a
 * day, for readers that were away.
 */
const SHAPE = {
  'max.message.bytes': MOST_BYTES, 'segment.ms': '120000', 'segment.bytes': '67108864', 'min.cleanable.dirty.ratio': '0.2', 'delete.retention.ms': '86400000',
}

/** Throws Failure `misconfigured` where a topic of that name is another kind of topic. */
export async function ensureSnapshotTopic(kafka: Kafka, settings: Settings, topic: string): Promise<void> {
  await ensureCompactedTopic(kafka, settings, { topic, partitions: 1 + PIECE_PARTITIONS, settings: SHAPE, wrong: (found) => wrong(topic, found) })
}

function wrong(topic: string, { partitions, setting }: FoundTopic): Failure | undefined {
  const [policy, most] = [setting('cleanup.policy'), Number(setting('max.message.bytes') ?? MOST_BYTES)]
  if (policy !== 'compact' || partitions !== 1 + PIECE_PARTITIONS) {
    return new Failure('misconfigured', 'kafka.snapshots', `Kafka: topic ${topic} has ${partitions} partitions and cleanup.policy ${policy}; state is kept in one with ` +
      `${1 + PIECE_PARTITIONS} and compact: use another prefix, or remove that topic where nothing of ours is in it`)
  }
  if (most >= PIECE_BYTES + OVERHEAD) return undefined
  return new Failure('misconfigured', 'kafka.snapshots', `Kafka: topic ${topic} takes ${most} bytes at a time and state is kept in pieces of ${PIECE_BYTES}: ` +
    `set max.message.bytes=${MOST_BYTES} on it`)
}
