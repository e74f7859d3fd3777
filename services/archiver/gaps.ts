/** What cannot be read from the bus any more: each gap is an entry of the quarantine. */
import type { Envelope, Gap, Log, Publisher } from '../../schemas/ports.ts'
import { quarantine } from '../../schemas/topics.ts'
import { quarantined } from './quarantined.ts'

export interface GapPorts {
  readonly bus: Publisher
  readonly log: Log
  /** Latest receipt of an event, nanoseconds: dates what has no time of its own. */
  latest(): bigint
}

/** Where a line stands on the bus. */
export interface Expecting {
  /** Offset of the envelope that comes next; undefined until the first has come. */
  expected: number | undefined
}

export async function noteGap(gap: Gap, { bus, log, latest }: GapPorts): Promise<void> {
  const reason = gap.cause === 'missing' ? 'missing_group' : gap.cause === 'undecodable' ? 'undecodable_record' : 'damaged_group'
  const record = quarantined({
    reason, topic: gap.topic, partition: gap.partition, offset: gap.first, offset_index: -1, payload: '',
    detail: `envelopes ${gap.first} to ${gap.next - 1} cannot be read: ${gap.cause}`, quarantined_at: latest(),
  })
  log.error({ ...gap }, 'records on the bus are lost')
  await bus.publish(quarantine, [{ key: record.quarantine_id, record }])
}

/** A bus that leaves out an envelope without a word is found out by the numbers. */
export async function checkOrder<T>(topic: string, line: Expecting, envelopes: readonly Envelope<T>[], ports: GapPorts): Promise<void> {
  for (const { partition, offset } of envelopes) {
    if (line.expected !== undefined && offset > line.expected) await noteGap({ topic, partition, first: line.expected, next: offset, cause: 'missing' }, ports)
    line.expected = offset + 1
  }
}
