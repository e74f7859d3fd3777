/** Until when everything that was acknowledged is archived: known from offsets alone, so a restart of anybody changes nothing. */
import type { PartitionLag } from '../../schemas/ports.ts'
import { events } from '../../schemas/topics.ts'

interface Mark {
  readonly at: bigint
  /** Ends of the partitions at that time. */
  readonly ends: ReadonlyMap<number, number>
}

const MOST_MARKS = 120

export class Watermark {
  #marks: Mark[] = []
  #reached = 0n

  /** `at`: nanoseconds, taken before `lags` were asked for. The latest earlier time whose ends are committed by now; 0n where none is known. */
  observe(at: bigint, lags: readonly PartitionLag[]): bigint {
    const archiver = lags.filter(isArchiver)
    if (archiver.length > 0) this.#marks.push({ at, ends: new Map(archiver.map(({ partition, end }) => [partition, end])) })
    // The oldest tells when a stuck archiver moves again, the newest where it stands then.
    if (this.#marks.length > MOST_MARKS) this.#marks.splice(1, 1)
    return this.look(lags)
  }

  /** The same of the times observed so far. */
  look(lags: readonly PartitionLag[]): bigint {
    const committed = new Map(lags.filter(isArchiver).map(({ partition, committed: next }) => [partition, next]))
    const isDone = ({ ends }: Mark): boolean => [...ends].every(([partition, end]) => (committed.get(partition) ?? -1) >= end)
    this.#reached = this.#marks.findLast(isDone)?.at ?? this.#reached
    this.#marks = this.#marks.filter((mark) => !isDone(mark))
    return this.#reached
  }
}

const isArchiver = ({ group, topic }: PartitionLag): boolean => group === 'archiver' && topic === events.name
