/** Until when everything that was acknowledged is archived: known from offsets alone, so a restart of anybody changes nothing. */
import type { PartitionLag } from '../../schemas/ports.ts'
import { events, metrics } from '../../schemas/topics.ts'

interface Mark {
  readonly at: bigint
  /** Ends of the partitions at that time, by topic and number. */
  readonly ends: ReadonlyMap<string, number>
}

const MOST_MARKS = 120

export class Watermark {
  #marks: Mark[] = []
  #reached = 0n

  /** `at`: nanoseconds, taken before `lags` were asked for. The latest earlier time whose ends are committed by now; 0n where none is known. */
  observe(at: bigint, lags: readonly PartitionLag[]): bigint {
    const archiver = lags.filter(isArchiver)
    if (archiver.length > 0) this.#marks.push({ at, ends: new Map(archiver.map((lag) => [placeOf(lag), lag.end])) })
    // The oldest tells when a stuck archiver moves again, the newest where it stands then.
    if (this.#marks.length > MOST_MARKS) this.#marks.splice(1, 1)
    return this.look(lags)
  }

  /** The same of the times observed so far. */
  look(lags: readonly PartitionLag[]): bigint {
    const committed = new Map(lags.filter(isArchiver).map((lag) => [placeOf(lag), lag.committed]))
    const isDone = ({ ends }: Mark): boolean => [...ends].every(([place, end]) => end <= 0 || (committed.get(place) ?? -1) >= end)
    this.#reached = this.#marks.findLast(isDone)?.at ?? this.#reached
    this.#marks = this.#marks.filter((mark) => !isDone(mark))
    return this.#reached
  }
}

const COUNTED: ReadonlySet<string> = new Set([events.name, metrics.name])
const isArchiver = ({ group, topic }: PartitionLag): boolean => group === 'archiver' && COUNTED.has(topic)
const placeOf = ({ topic, partition }: PartitionLag): string => `${topic} ${partition}`
