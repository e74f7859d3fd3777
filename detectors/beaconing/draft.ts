/** Says how regular, since when, and where to. Domains and tools are shown where they are plain. */
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft } from '../detector.ts'
import { nanosOf } from '../stats/moment.ts'
import type { Stream } from './streams.ts'

export interface Regularity {
  /** Median interval, seconds, and median absolute deviation as a part of it. */
  readonly period: number
  readonly jitter: number
}

export interface Regular extends Regularity {
  readonly key: string
  readonly severity: Severity
  /** Domain, or tool and server. */
  readonly where: string
  readonly isOutside: boolean
  readonly stream: Stream
  readonly days: number
  readonly known: number
  readonly users: number
  readonly reasons: readonly string[]
}

const span = (seconds: number): string => (seconds < 120 ? `${Math.round(seconds)} s` : seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`)

export function draftOf({ key, severity, where, isOutside, stream, period, jitter, days, known, users, reasons }: Regular): Draft {
  const { begun, at, beats, size, ring } = stream
  const regular = `every ${span(period)}, give or take ${(jitter * 100).toFixed(0)} %`
  const sizes = size < 0 ? 'sizes are not told' : `${ring.sized} of the latest ${ring.intervals.length} of about ${size} bytes`
  return {
    about: [key, 'beacon', String(ring.id), String(Math.floor(begun / 86_400))],
    severity,
    title: `${key} calls ${where} at regular intervals`,
    observed: `${beats} calls ${regular}, for ${span(at - begun)}; ${sizes}`,
    expected: known === 0 ? `no regular calls, as on ${days} days before` : `one of ${known} known regular streams`,
    reasons: [...reasons, 'benign if somebody set this up on purpose'],
    features: [
      { name: 'interval', observed: regular, expected: 'intervals that differ as people and tasks do', weight: 0.5 },
      { name: 'size', observed: sizes, weight: 0.2 },
      { name: 'novelty', observed: isOutside ? 'a destination outside' : 'a tool of a known server', expected: `${known} known regular streams`, weight: 0.3 },
    ],
    baselines: { self: `${known} regular streams on ${days} days`, tenant: `${users} other actors have this one` },
    windowStart: nanosOf(begun),
  }
}
