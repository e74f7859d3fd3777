/**
 * Streams of an actor's calls, to one destination or one tool of a server each, and how regular they are. One flat list of numbers, seven a stream, plain JSON;
 * bounded: what is least regular goes first. Intervals are kept only of streams that look regular.
 */

import type { Params } from './rule.ts'

/** Per stream: id, begin and latest beat (seconds since 1970), period so far (seconds, 0 = none), beats, beats that were missed or came between, usual size (bytes, -1 = unknown). */
export type Streams = number[]

const ID = 0
const BEGUN = 1
const AT = 2
const PERIOD = 3
const BEATS = 4
const STRAYS = 5
const SIZE = 6
const STRIDE = 7

/** Intervals (seconds) of a stream that looks regular, the latest last, and how many of its beats had the usual size. */
export interface Ring {
  readonly id: number
  intervals: number[]
  sized: number
}

export interface Beat {
  readonly id: number
  readonly at: number
  /** Bytes; -1 where nobody said. */
  readonly size: number
}

/** What a stream is like after a beat. */
export interface Stream {
  readonly begun: number
  readonly at: number
  readonly beats: number
  readonly strays: number
  readonly size: number
  readonly ring: Ring
}

/** `shortestSeconds`: calls closer together are one beat. */
type Limits = Pick<Params, 'maxStreams' | 'shortestSeconds' | 'longestSeconds' | 'minIntervals'>

/** Part of the period by which a beat may come early or late. */
const TOLERANCE = 0.35
/** Missed beats in a row. */
const MOST_MISSED = 3
/** Beats from which intervals are kept. */
const LOOKS_REGULAR = 4
const MOST_RINGS = 3
const SIZE_TOLERANCE = 0.2
const SIZE_SLACK = 64
const SMOOTHING = 8

/** Takes a beat in; gives the stream where it looks regular by now. */
export function beat(streams: Streams, rings: Ring[], { id, at, size }: Beat, limits: Limits): Stream | undefined {
  const from = placeOf(streams, id)
  if (from < 0) {
    add(streams, rings, { id, at, size }, limits.maxStreams)
    return undefined
  }
  const gap = at - (streams[from + AT] as number)
  if (gap < limits.shortestSeconds) return undefined
  if (!isInTime(streams, from, gap, limits.longestSeconds)) {
    if (isStray(streams, from, gap)) return undefined
    restart(streams, rings, { from, at, size })
    return undefined
  }
  return count(streams, rings, { from, at, size, gap, most: limits.minIntervals })
}

function placeOf(streams: Streams, id: number): number {
  for (let from = 0; from < streams.length; from += STRIDE) if (streams[from] === id) return from
  return -1
}

/** Whether a beat comes when it is due, or a few periods later; the second of a stream comes when it likes. */
function isInTime(streams: Streams, from: number, gap: number, longest: number): boolean {
  const period = streams[from + PERIOD] as number
  if (gap > longest) return false
  if (period === 0) return true
  const periods = Math.round(gap / period)
  if (periods < 1 || periods > MOST_MISSED + 1 || Math.abs(gap - periods * period) > TOLERANCE * period) return false
  if (periods > 1) streams[from + STRAYS] = (streams[from + STRAYS] as number) + 1
  return true
}

/** A call between two beats is borne in a stream that has shown its period; too many are the end of it. */
function isStray(streams: Streams, from: number, gap: number): boolean {
  const beats = streams[from + BEATS] as number
  const strays = (streams[from + STRAYS] as number) + 1
  streams[from + STRAYS] = strays
  return beats >= LOOKS_REGULAR && gap < (streams[from + PERIOD] as number) && strays * 4 <= beats
}

function restart(streams: Streams, rings: Ring[], { from, at, size }: { readonly from: number; readonly at: number; readonly size: number }): void {
  drop(rings, streams[from] as number)
  for (const [field, value] of [[BEGUN, at], [AT, at], [PERIOD, 0], [BEATS, 1], [STRAYS, 0], [SIZE, size]] as const) streams[from + field] = value
}

function drop(rings: Ring[], id: number): void {
  const at = rings.findIndex((ring) => ring.id === id)
  if (at >= 0) rings.splice(at, 1)
}

interface Counted {
  readonly from: number
  readonly at: number
  readonly size: number
  readonly gap: number
  readonly most: number
}

function count(streams: Streams, rings: Ring[], { from, at, size, gap, most }: Counted): Stream | undefined {
  const period = streams[from + PERIOD] as number
  const interval = period === 0 ? gap : gap / Math.max(1, Math.round(gap / period))
  const beats = (streams[from + BEATS] as number) + 1
  streams[from + BEATS] = beats
  streams[from + AT] = at
  streams[from + PERIOD] = period + (interval - period) / Math.min(beats - 1, SMOOTHING)
  const usual = streams[from + SIZE] as number
  const isUsual = size >= 0 && usual >= 0 && Math.abs(size - usual) <= Math.max(SIZE_SLACK, SIZE_TOLERANCE * usual)
  if (size >= 0 && !isUsual && beats < LOOKS_REGULAR) streams[from + SIZE] = size
  if (beats < LOOKS_REGULAR) return undefined
  const ring = ringOf(rings, streams[from + ID] as number)
  ring.intervals = [...ring.intervals, interval].slice(-most)
  ring.sized = Math.min(ring.intervals.length, ring.sized + (isUsual ? 1 : 0))
  return { begun: streams[from + BEGUN] as number, at, beats, strays: streams[from + STRAYS] as number, size: usual, ring }
}

function ringOf(rings: Ring[], id: number): Ring {
  const known = rings.find((ring) => ring.id === id)
  if (known !== undefined) return known
  if (rings.length >= MOST_RINGS) rings.splice(rings.reduce((least, ring, at) => (ring.intervals.length < (rings[least] as Ring).intervals.length ? at : least), 0), 1)
  const ring: Ring = { id, intervals: [], sized: 0 }
  rings.push(ring)
  return ring
}

function add(streams: Streams, rings: Ring[], { id, at, size }: Beat, most: number): void {
  if (streams.length >= most * STRIDE) {
    let least = 0
    for (let from = STRIDE; from < streams.length; from += STRIDE) if (isLess(streams, from, least)) least = from
    drop(rings, streams[least] as number)
    streams.splice(least, STRIDE)
  }
  streams.push(id, at, at, 0, 1, 0, size)
}

/** Fewer beats, then longer ago. */
const isLess = (streams: Streams, one: number, other: number): boolean => {
  const [beats, others] = [streams[one + BEATS] as number, streams[other + BEATS] as number]
  return beats < others || (beats === others && (streams[one + AT] as number) < (streams[other + AT] as number))
}
