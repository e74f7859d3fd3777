/** Who has used the tokens of a principal: programs with networks, bounded, plain JSON, the latest last. */
import { contradicts, isSystem } from '../caller/fingerprint.ts'
import type { Params } from './rule.ts'

/** Times are whole seconds since 1970. */
export interface Print {
  /** Number of the call that made it. */
  readonly id: number
  software: number
  network: number
  /** Hash of the token that it used last: only who uses the same one shares it. */
  token: number
  firstAt: number
  lastAt: number
  days: number
}

export interface Caller {
  readonly software: number
  readonly network: number
  readonly token: number
  readonly seconds: number
  /** The principal is in doubt: then no day counts towards knowing who holds its tokens. */
  readonly disputed: boolean
}

const DAY = 86_400

type Pair = Pick<Print, 'software' | 'network'>
/** Another program from another network. */
export const differsInBoth = (one: Pair, other: Pair): boolean => contradicts(one.software, other.software) && contradicts(one.network, other.network)
const fits = (one: Pair, other: Pair): boolean => !contradicts(one.software, other.software) && !contradicts(one.network, other.network)

export const isKnown = ({ days }: Print, { knownDays }: Params): boolean => days >= knownDays

/** Within the overlap before or after, or in between. */
const isActive = ({ firstAt, lastAt }: Print, seconds: number, { overlapMinutes }: Params): boolean =>
  lastAt >= seconds - overlapMinutes * 60 && firstAt <= seconds + overlapMinutes * 60

/** Holders at that time that are nobody's but another one's. */
export function countOthers(prints: readonly Print[], caller: Caller, params: Params): number {
  let others = 0
  for (const print of prints) if (print.token === caller.token && isActive(print, caller.seconds, params) && differsInBoth(print, caller)) others++
  return others
}

/** What a new print is beside those that are active: another program, another autonomous system, or neither. */
export function differenceOf(prints: readonly Print[], caller: Caller, params: Params): 'software' | 'network' | '' {
  const active = prints.filter((print) => print.token === caller.token && isActive(print, caller.seconds, params))
  if (active.some((print) => contradicts(print.software, caller.software))) return 'software'
  return active.some((print) => isSystem(print.network) && contradicts(print.network, caller.network)) ? 'network' : ''
}

/** Unknown programs that are active with the token. */
export function countUnknown(prints: readonly Print[], { seconds, token }: Caller, params: Params): number {
  const seen: number[] = []
  for (const print of prints) {
    if (print.token !== token || isKnown(print, params) || print.software === 0 || !isActive(print, seconds, params)) continue
    if (seen.every((one) => contradicts(one, print.software))) seen.push(print.software)
  }
  return seen.length
}

/** Unknown holders that are active and differ in both from each other and from all that are known. */
export function countStrangers(prints: readonly Print[], { seconds, token }: Caller, params: Params): number {
  const known = prints.filter((print) => isKnown(print, params))
  if (known.length === 0) return 0
  const strangers: Print[] = []
  for (const print of prints) {
    if (print.token !== token || isKnown(print, params) || !isActive(print, seconds, params)) continue
    if (known.every((one) => differsInBoth(one, print)) && strangers.every((one) => differsInBoth(one, print))) strangers.push(print)
  }
  return strangers.length
}

function use(print: Print, { software, network, token, seconds, disputed }: Caller): void {
  if (print.software === 0) print.software = software
  if (print.network === 0) print.network = network
  if (seconds < print.lastAt) return
  print.token = token
  if (!disputed && Math.floor(seconds / DAY) > Math.floor(print.lastAt / DAY)) print.days++
  print.lastAt = seconds
}

/** The print that a call belongs to, used; undefined where there is none. It is the last of the list then, unless the call came late. */
export function revisit(prints: Print[], caller: Caller): Print | undefined {
  for (let at = prints.length - 1; at >= 0; at--) {
    const print = prints[at] as Print
    if (!fits(print, caller)) continue
    const isLate = caller.seconds < (prints.at(-1) as Print).lastAt
    use(print, caller)
    if (at < prints.length - 1 && !isLate) prints.push(...prints.splice(at, 1))
    return print
  }
  return undefined
}

/** The list with a new one, which is the last; of who was away too long, and of too many, the first go. */
export function enter(prints: readonly Print[], id: number, caller: Caller, { maxPrints, keepDays }: Params): Print[] {
  const { software, network, token, seconds } = caller
  const recent = prints.filter(({ lastAt }) => lastAt >= seconds - keepDays * DAY)
  return [...recent.slice(Math.max(0, recent.length + 1 - maxPrints)), { id, software, network, token, firstAt: seconds, lastAt: seconds, days: 1 }]
}
