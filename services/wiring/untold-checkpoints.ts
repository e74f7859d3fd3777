/** Checkpoints that were signed and anchored just before a process was killed lie in the log, and not yet in the tables. */
import type { LogToRead } from '../../infra/embedded-log/read-only.ts'
import type { CheckpointRow } from '../../schemas/checkpoint.ts'
import type { EvidenceSource, StoredCheckpoint } from '../../schemas/evidence.ts'
import type { Topic } from '../../schemas/topics.ts'

/** The archiver is not further behind than this. */
const LAST_ENVELOPES = 5_000

async function* lastOnes(log: LogToRead, topic: Topic<CheckpointRow>): AsyncGenerator<CheckpointRow> {
  for (const [partition, { first, next }] of await log.bounds()) {
    for await (const { payload } of log.envelopes(partition, Math.max(first, next - LAST_ENVELOPES), next)) {
      try {
        if (payload !== undefined) yield* topic.codec.decode(payload)
      } catch {
        // Whatever it was: what is missing of it is told when the log over all partitions is made again.
      }
    }
  }
}

const storedOf = ({ partition, size, note, log_index: logIndex, made_at: madeAt }: CheckpointRow): StoredCheckpoint => ({ partition, size: Number(size), note, logIndex: Number(logIndex), madeAt: String(madeAt) })

/** The source with what `log` (of this topic) has beyond its checkpoints. */
export function withUntold(source: EvidenceSource, log: LogToRead, topic: Topic<CheckpointRow>): EvidenceSource {
  async function* of(which: 'log' | 'partitions'): AsyncGenerator<readonly StoredCheckpoint[]> {
    const place = ({ size, logIndex }: StoredCheckpoint): number => (which === 'log' ? size : logIndex)
    let last = -1
    for await (const rows of source.checkpoints(which)) {
      for (const row of rows) last = Math.max(last, place(row))
      yield rows
    }
    const untold = new Map<number, StoredCheckpoint>()
    for await (const row of lastOnes(log, topic)) {
      const stored = storedOf(row)
      if ((stored.partition < 0) === (which === 'log') && place(stored) > last) untold.set(place(stored), stored)
    }
    yield [...untold].sort(([a], [b]) => a - b).map(([, row]) => row)
  }
  return {
    name: source.name, tenants: source.tenants, keeps: source.keeps, mostRanges: source.mostRanges, checkpoints: of,
    partitions: () => source.partitions(), leaves: (partition, from, count) => source.leaves(partition, from, count), pieces: () => source.pieces(), rows: (piece) => source.rows(piece),
    dropped: () => source.dropped(), removals: () => source.removals(), gaps: () => source.gaps(), anchored: () => source.anchored(), find: (id) => source.find(id),
    leavesWithin: (places) => source.leavesWithin(places), rowsWithin: (places) => source.rowsWithin(places), notes: () => source.notes(), faults: () => source.faults(),
    close: () => source.close(),
  }
}
