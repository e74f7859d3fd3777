/** What one hour of one key holds, while it runs and packed into one number once it is over. */
import { addDistinct, countDistinct, type Distinct } from '../stats/distinct.ts'
import type { Facts } from './facts.ts'

export const METRICS = ['calls', 'bytes', 'distinct'] as const
export type Metric = (typeof METRICS)[number]

/** The running hour. */
export interface Running {
  /** Hours since 1970 UTC; 0 before the first. */
  hour: number
  calls: number
  /** Bytes of arguments and results; -1 while no call of the hour has said any. */
  bytes: number
  /** Begun with its first member: most keys are between two hours at any time, and share the empty one. */
  distinct: readonly number[]
}

const NONE: readonly never[] = []

export const emptyRunning = (hour: number): Running => ({ hour, calls: 0, bytes: -1, distinct: NONE })

export function restart(running: Running, hour: number): void {
  running.hour = hour
  running.calls = 0
  running.bytes = -1
  running.distinct = NONE
}

export function addTo(running: Running, { bytes, what }: Facts): void {
  running.calls++
  if (bytes >= 0) running.bytes = Math.max(running.bytes, 0) + bytes
  if (what < 0) return
  if (running.distinct.length === 0) running.distinct = [what]
  else addDistinct(running.distinct as Distinct, what)
}

/** Values in the order of METRICS; -1 = blind. */
export const valueOf = (running: Running, metric: Metric): number =>
  metric === 'calls' ? running.calls : metric === 'bytes' ? running.bytes : countDistinct(running.distinct)

/** Natural logarithms of 1 + value are kept in tenths, one byte each; 255 = blind. */
const TENTHS = 10
const BLIND = 255
const byteOf = (value: number): number => (value === 1 ? ONE : value < 0 ? BLIND : Math.min(BLIND - 1, Math.round(Math.log1p(value) * TENTHS)))
/** An hour with one call is the most common one. */
const ONE = Math.round(Math.log1p(1) * TENTHS)

/** A finished hour: hour · 2^24 + one byte per metric. An exact integer until the year 60000. */
export type Packed = number

export const pack = (running: Running): Packed =>
  running.hour * 2 ** 24 + ((byteOf(running.calls) << 16) | (byteOf(running.bytes) << 8) | byteOf(countDistinct(running.distinct)))

export const hourIn = (packed: Packed): number => Math.floor(packed / 2 ** 24)

/** Logarithm of 1 + value, or undefined where the hour was blind. */
export function logIn(packed: Packed, metric: Metric): number | undefined {
  const byte = Math.floor(packed / 256 ** (METRICS.length - 1 - METRICS.indexOf(metric))) % 256
  return byte === BLIND ? undefined : byte / TENTHS
}
