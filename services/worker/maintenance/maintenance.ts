/**
 * Planned work: what detectors say of it is kept and marked, and nobody is called. Times are those of arrival: the sender's own clock could be
 * set so that an attack falls into a window.
 */
import type { Finding } from '../../../schemas/finding.ts'
import { cronTimes } from './cron-times.ts'

/** What a window is about; fields that are there must all agree. Values are exact. */
export interface MaintenanceMatch {
  readonly tenant?: readonly string[] | undefined
  /** Actor or principal. */
  readonly actor?: readonly string[] | undefined
  readonly server?: readonly string[] | undefined
  readonly tool?: readonly string[] | undefined
  /** Findings of these only; what is learned is a matter of all detectors where absent. */
  readonly detector?: readonly string[] | undefined
}

/** Nanoseconds, the end not included. */
export interface Once {
  readonly from: bigint
  readonly to: bigint
}
export interface Again {
  readonly cron: string
  readonly minutes: number
  readonly zone: string
}

export interface MaintenanceWindow {
  readonly reason: string
  /** '' where nobody is named. */
  readonly owner: string
  readonly when: Once | Again
  readonly match: MaintenanceMatch
  /** Whether detectors learn from what happens meanwhile. */
  readonly learn: boolean
}

type Subject = Pick<Finding, 'tenant' | 'actor' | 'principal' | 'server' | 'tool'>

const MINUTE_NS = 60_000_000_000n
/** Minutes of which is remembered whether they are inside; records come nearly in order. */
const REMEMBERED = 2_880

const inside = ({ from, to }: Once) => (at: bigint): boolean => at >= from && at < to

/** A minute is inside when one of so many before it, or itself, is named by the expression. */
function insideAgain({ cron, minutes, zone }: Again): (at: bigint) => boolean {
  const begins = cronTimes(cron, zone)
  const begun = new Map<number, boolean>()
  const known = new Map<number, boolean>()
  const remember = (memory: Map<number, boolean>, minute: number, look: (minute: number) => boolean): boolean => {
    const before = memory.get(minute)
    if (before !== undefined) return before
    if (memory.size >= REMEMBERED + minutes) memory.clear()
    const found = look(minute)
    memory.set(minute, found)
    return found
  }
  const look = (minute: number): boolean => {
    for (let back = 0; back < minutes; back++) if (remember(begun, minute - back, begins)) return true
    return false
  }
  return (at) => remember(known, Number(at / MINUTE_NS), look)
}

const agrees = (wanted: readonly string[] | undefined, ...said: readonly string[]): boolean => wanted === undefined || said.some((one) => one !== '' && wanted.includes(one))

interface Armed {
  readonly window: MaintenanceWindow
  readonly isOn: (at: bigint) => boolean
}

export class Maintenance {
  readonly #windows: readonly Armed[]

  /** Throws RangeError for a cron expression that is none. */
  constructor(windows: readonly MaintenanceWindow[]) {
    this.#windows = windows.map((window) => ({ window, isOn: 'cron' in window.when ? insideAgain(window.when) : inside(window.when) }))
  }

  /** The first window that covers what this detector ('' = any) says of a record received at `at`, nanoseconds. */
  windowOf(subject: Subject, at: bigint, detector: string): MaintenanceWindow | undefined {
    if (this.#windows.length === 0) return undefined
    return this.#windows.find((one) => covers(one, subject, detector) && one.isOn(at))?.window
  }

  /** Whether a detector may learn from a record; false where any window that covers it says so. */
  learns(subject: Subject, at: bigint, detector: string): boolean {
    return this.#windows.length === 0 || !this.#windows.some((one) => !one.window.learn && covers(one, subject, detector) && one.isOn(at))
  }

  /** As it is to be said: of planned work it is `info`, which is stored and calls nobody, with the reason first. */
  marked(finding: Finding): Finding {
    const window = this.windowOf(finding, finding.created_at, finding.detector)
    if (window === undefined) return finding
    const { reason, owner } = window
    const why = `planned maintenance: ${reason}${owner === '' ? '' : ` (${owner})`}; otherwise ${finding.severity}`
    return { ...finding, severity: 'info', reasons: [why, ...finding.reasons] }
  }
}

function covers({ window: { match } }: Armed, { tenant, actor, principal, server, tool }: Subject, detector: string): boolean {
  return agrees(match.tenant, tenant) && agrees(match.actor, actor, principal) && agrees(match.server, server) && agrees(match.tool, tool) &&
    agrees(match.detector, detector)
}
