/** How much is too much: the limit of an hour for one metric, and on whose word. Computed once an hour, when a floor is passed. */
import { type Spread, spreadOf } from '../stats/robust.ts'
import type { Params } from './rule.ts'
import { hourIn, logIn, type Metric, type Packed } from './window.ts'

/** `own_hours`: the key's own hours at this time of day; `own`: all its own; `peers`; `none`: no history, a fixed limit. */
export type Basis = 'own_hours' | 'own' | 'peers' | 'none'

export interface Limit {
  /** In units of the metric; values above it are unusual. */
  readonly value: number
  readonly basis: Basis
  /** Hours that the basis has. */
  readonly windows: number
  /** In units of the metric; 0 without a basis. */
  readonly usual: number
  /** Standard deviation on the log scale; 0 without a basis. */
  readonly scale: number
}

/** Hours on record, without those too old to say what is usual. */
export interface History {
  readonly own: readonly Packed[]
  readonly peers: readonly Packed[]
}

export const floorOf = (metric: Metric, { minCalls, minBytes, minDistinct }: Params): number => (metric === 'calls' ? minCalls
  : metric === 'bytes' ? minBytes : minDistinct)

/**
 * Backs off from own hours at this time of day, to all own hours (which say little about a Monday when they were a weekend), to peers,
 * to a fixed limit.
 */
export function limitOf(metric: Metric, hour: number, history: History, params: Params): Limit {
  const floor = floorOf(metric, params)
  const own = fresh(history.own, hour, params.keepDays)
  const alike = own.filter((packed) => sameTimeOfDay(hourIn(packed), hour))
  const near = daysOf(alike) >= params.minDays ? logs(alike, metric) : []
  if (near.length >= params.minWindows) return limitBy(near, floor, 'own_hours', params)
  const all = logs(own, metric)
  if (all.length >= params.minWindows) return limitBy(all, floor * params.peerFactor, 'own', params)
  const peers = logs(fresh(history.peers, hour, params.keepDays), metric)
  if (peers.length >= params.minPeerWindows) return limitBy(peers, floor * params.peerFactor, 'peers', params)
  return { value: floor * params.coldFactor, basis: 'none', windows: 0, usual: 0, scale: 0 }
}

function limitBy(values: readonly number[], floor: number, basis: Basis, params: Params): Limit {
  const spread: Spread = spreadOf(values, params.minScale)
  const value = Math.max(floor, Math.expm1(spread.median + params.threshold * spread.scale), Math.expm1(spread.peak) * params.peakFactor)
  return { value, basis, windows: values.length, usual: Math.expm1(spread.median), scale: spread.scale }
}

/** Whether an hour still says something of what is usual in another. */
export const isFresh = (packed: Packed, hour: number, keepDays: number): boolean => hourIn(packed) >= hour - keepDays * 24

const fresh = (windows: readonly Packed[], hour: number, keepDays: number): readonly Packed[] => windows.filter((packed) => isFresh(packed, hour, keepDays))

const daysOf = (windows: readonly Packed[]): number => new Set(windows.map((packed) => Math.floor(hourIn(packed) / 24))).size

const logs = (windows: readonly Packed[], metric: Metric): readonly number[] =>
  windows.map((packed) => logIn(packed, metric)).filter((value) => value !== undefined)

/** Within two hours of each other on the clock, both on weekdays or both on a weekend. 1970-01-01 was a Thursday. */
function sameTimeOfDay(one: number, other: number): boolean {
  const apart = Math.abs((one % 24) - (other % 24))
  return Math.min(apart, 24 - apart) <= 2 && isWeekend(one) === isWeekend(other)
}
const isWeekend = (hour: number): boolean => (Math.floor(hour / 24) + 3) % 7 >= 5
