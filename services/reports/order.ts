/** What is asked for, where it is not all said. */
import { Failure } from '../../schemas/failure.ts'
import { type Control, FRAMEWORKS } from './library/control.ts'
import { controlsOf } from './library/library.ts'
import type { ReportOrder } from './make.ts'
import { SETTLE_NS } from './settled.ts'

const DAY_NS = 86_400_000_000_000n
const MS = 1_000_000n
const PERIOD_DAYS = 30n

/** `GDPR, PCI DSS 4.0.1`, or the controls as they are cited. */
export function titleOf(words: readonly string[], controls: readonly Control[]): string {
  if (words.includes('all')) return 'All controls'
  const whole = Object.entries(FRAMEWORKS).filter(([id]) => words.includes(id)).map(([, name]) => name)
  const single = controls.filter(({ framework }) => !words.includes(framework)).map(({ framework, reference }) => `${FRAMEWORKS[framework]} ${reference}`)
  const [first = '', ...more] = [...whole, ...single]
  return more.length > 2 ? `${first} and ${more.length} more` : [first, ...more].join(', ')
}

export interface Wish {
  readonly tenant: string
  readonly controls: readonly string[]
  readonly title?: string | undefined
  /** ISO 8601. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly as_of?: string | undefined
}

function timeOf(name: string, text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined
  const ms = Date.parse(text)
  if (!Number.isFinite(ms) || ms < 0) throw new Failure('rejected', 'report.time', `${name} is no time: write it as 2026-11-01T00:00:00Z.`)
  return BigInt(ms) * MS
}

/** As of a minute ago, up to then, 30 days, where nothing else is said. `now`: nanoseconds. Throws Failure `rejected`. */
export function orderOf({ tenant, controls, title, from, to, as_of: asOf }: Wish, now: bigint): ReportOrder {
  const at = timeOf('as_of', asOf) ?? timeOf('to', to) ?? ((now - SETTLE_NS) / (1_000n * MS)) * 1_000n * MS
  const end = timeOf('to', to) ?? at
  return { tenant, controls, title: title ?? titleOf(controls, controlsOf(controls)), from: timeOf('from', from) ?? end - PERIOD_DAYS * DAY_NS, to: end, asOf: at }
}
