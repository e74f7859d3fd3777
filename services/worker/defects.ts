/** Runs one detector's code so that its bug costs one record at most, and many of them in a row stop the service. */
import { hash } from 'node:crypto'
import { Failure } from '../../schemas/failure.ts'
import type { Quarantined } from '../../schemas/quarantined.ts'
import type { Place, WorkerTelemetry } from './contracts.ts'

/** A record that could not be used: whose, when (ns) and its bytes, made only if needed. */
export interface Suspect {
  readonly place: Place
  readonly tenant: string
  /** Name of the sending software, where the record says one. */
  readonly source?: string
  readonly receivedAt: bigint
  bytes(): Buffer
}

interface Cause {
  /** Detector, or '' where the record itself is unreadable. */
  readonly detector: string
  readonly reason: 'defect' | 'undecodable_record'
  readonly detail: string
}

/** Its id is made of stage, reason, detector and payload: the same failure again is the same entry. */
export function quarantined(suspect: Suspect, { detector, reason, detail }: Cause): Quarantined {
  const payload = suspect.bytes()
  const id = hash('sha256', Buffer.concat([Buffer.from(`worker\u0000${reason}\u0000${detector}\u0000`), payload]), 'hex').slice(0, 32)
  return {
    quarantine_id: id, tenant: suspect.tenant, source: suspect.source ?? '', stage: 'worker', reason, detector, detail, ...suspect.place, offset_index: -1,
    payload: payload.toString('base64'), quarantined_at: suspect.receivedAt,
  }
}

/** The class of what was thrown; its message may hold a stranger's text. */
const className = (error: unknown): string => (error instanceof Error ? error.constructor.name : typeof error)

export class DefectGuard {
  readonly #limit: number
  readonly #telemetry: WorkerTelemetry
  readonly #inARow = new Map<string, number>()

  constructor(limit: number, telemetry: WorkerTelemetry) {
    this.#limit = limit
    this.#telemetry = telemetry
  }

  /** Runs `judge`; gives undefined when it went well, else what to quarantine. Throws Failure `defect` at the limit. */
  attempt(detector: string, suspect: Suspect, judge: () => void): Quarantined | undefined {
    try {
      judge()
      this.passed(detector)
      return undefined
    } catch (error) {
      return this.caught(detector, suspect, error)
    }
  }

  /** Whether any detector failed at its last record. */
  get isWatching(): boolean {
    return this.#inARow.size > 0
  }

  /** For those who have no time to wrap their work in a function for `attempt`: it went well. */
  passed(detector: string): void {
    if (this.isWatching) this.#inARow.delete(detector)
  }

  /** It threw this. Gives what to quarantine; throws Failure `defect` at the limit. */
  caught(detector: string, suspect: Suspect, thrown: unknown): Quarantined {
    const error = className(thrown)
    const count = (this.#inARow.get(detector) ?? 0) + 1
    this.#inARow.set(detector, count)
    this.#telemetry.detectorFailed(detector, suspect.place, error)
    if (count >= this.#limit) {
      throw new Failure('defect', 'worker.defects', `detector ${detector} failed on ${count} records in a row, last with ${error}: the worker stops`)
    }
    return quarantined(suspect, { detector, reason: 'defect',
      detail: `detector ${detector} threw ${error} on this record; the other detectors judged it` })
  }
}
