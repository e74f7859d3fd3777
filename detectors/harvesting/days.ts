/** How many different things, and tables, an actor touched on its days; and how many are too many. */
import { spreadOf } from '../stats/robust.ts'
import type { Params } from './rule.ts'

/** A finished day: day · 2^16 + one byte for things + one for areas, as tenths of the natural logarithm of 1 + count. */
export type PackedDay = number
export type Measure = 'things' | 'tables'

const TENTHS = 10
const byteOf = (count: number): number => Math.min(255, Math.round(Math.log1p(count) * TENTHS))
export const packDay = (day: number, things: number, tables: number): PackedDay => (day * 256 + byteOf(things)) * 256 + byteOf(tables)
export const dayIn = (packed: PackedDay): number => Math.floor(packed / 65_536)
const logIn = (packed: PackedDay, measure: Measure): number => (measure === 'things' ? Math.floor(packed / 256) % 256 : packed % 256) / TENTHS

export interface DayLimit {
  readonly value: number
  readonly basis: 'own' | 'peers' | 'none'
  readonly days: number
  readonly usual: number
}

/** Own days; else those of peers with higher floors; else a fixed limit. */
export function dayLimit(measure: Measure, { own, peers }: { readonly own: readonly PackedDay[]; readonly peers: readonly PackedDay[] }, params: Params): DayLimit {
  const floor = measure === 'things' ? params.minThings : params.minTables
  if (own.length >= params.minDays) return limitBy(measure, own, { floor, basis: 'own' }, params)
  if (peers.length >= params.minPeerDays) return limitBy(measure, peers, { floor: floor * params.peerFactor, basis: 'peers' }, params)
  return { value: floor * params.coldFactor, basis: 'none', days: 0, usual: 0 }
}

function limitBy(measure: Measure, days: readonly PackedDay[], { floor, basis }: { readonly floor: number; readonly basis: 'own' | 'peers' }, params: Params): DayLimit {
  const { median, scale, peak } = spreadOf(days.map((day) => logIn(day, measure)), params.minScale)
  return { basis, days: days.length, usual: Math.expm1(median), value: Math.max(floor, Math.expm1(median + params.threshold * scale), Math.expm1(peak) * params.peakFactor) }
}
