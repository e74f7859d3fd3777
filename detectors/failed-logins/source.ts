/** What is known of a source of failures: an address, a client without one, or a principal. Plain JSON, bounded. Times are seconds since 1970. */
import type { Params } from './rule.ts'

/** Failures that lie together. */
export interface Wave {
  readonly from: number
  to: number
  failures: number
  /** Those that fail, as numbers: principals; tokens of nobody known; networks (of a principal). */
  readonly principals: number[]
  readonly tokens: number[]
  readonly networks: number[]
  readonly evidence: string[]
  /** Addresses: told as a spray, and that it got in; principals and causes: told at all. */
  told: '' | 'low' | 'medium' | 'high'
}

export interface Source {
  /** Numbers of who succeeded here, latest last. */
  known: number[]
  /** Days with successes, and the latest of them. */
  okDays: number
  okDay: number
  /** Principals and tokens that fail here in a usual wave, at most. */
  usual: number
  wave: Wave | null
  /** Of who succeeded last, at a glance. */
  look: number
  /** Nobody is learned before. */
  restTo: number
  lastAt: number
  /** Day of the last telling of one cause. */
  toldDay: number
}

const MOST_KNOWN = 128
const MOST_EACH = 64
const MOST_EVIDENCE = 5
/** What is left of the usual number after a wave that was lower. */
const FADE = 0.8
/** A wave that goes on is cut after so many windows. */
const LONGEST = 6
const DAY = 86_400

export const newSource = (): Source => ({ known: [], okDays: 0, okDay: -1, usual: 0, wave: null, look: 0, restTo: 0, lastAt: 0, toldDay: -1 })

function add(numbers: number[], number: number): void {
  if (number !== 0 && numbers.length < MOST_EACH && !numbers.includes(number)) numbers.push(number)
}

export const distinctIn = ({ principals, tokens }: Wave): number => principals.length + tokens.length

/** A wave that is over is what the source is used to, unless it was told to somebody. */
function close(source: Source, wave: Wave): void {
  if (wave.told === '' || wave.told === 'low') source.usual = Math.max(source.usual * FADE, distinctIn(wave))
  source.wave = null
}

/** Nothing that comes at that time belongs to the wave any more. */
export function settle(source: Source, seconds: number, { windowMinutes }: Params): void {
  const { wave } = source
  if (wave !== null && seconds > wave.to + windowMinutes * 60) close(source, wave)
}

export interface Failure {
  readonly seconds: number
  readonly principal: number
  readonly token: number
  readonly network: number
  readonly event: string | undefined
}

export function fail(source: Source, { seconds, principal, token, network, event }: Failure, { windowMinutes }: Params): Wave {
  let { wave } = source
  if (wave === null || seconds > wave.to + windowMinutes * 60 || seconds > wave.from + LONGEST * windowMinutes * 60) {
    if (wave !== null) close(source, wave)
    source.wave = wave = { from: seconds, to: seconds, failures: 0, principals: [], tokens: [], networks: [], evidence: [], told: '' }
  }
  wave.failures++
  wave.to = Math.max(wave.to, seconds)
  source.lastAt = Math.max(source.lastAt, seconds)
  add(wave.principals, principal)
  if (principal === 0) add(wave.tokens, token)
  add(wave.networks, network)
  if (wave.evidence.length < MOST_EVIDENCE && event !== undefined) wave.evidence.push(event)
  return wave
}

export const isKnown = ({ known }: Source, number: number): boolean => number !== 0 && known.includes(number)

export const countKnown = (source: Source, numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + (source.known.includes(number) ? 1 : 0), 0)

/** Somebody got in here, and is at home here from now on. */
export function welcome(source: Source, number: number, seconds: number): void {
  source.lastAt = Math.max(source.lastAt, seconds)
  const day = Math.floor(seconds / DAY)
  if (day > source.okDay) {
    source.okDay = day
    source.okDays++
  }
  if (number === 0 || seconds < source.restTo || source.known.includes(number)) return
  source.known = [...source.known.slice(source.known.length < MOST_KNOWN ? 0 : 1), number]
}
