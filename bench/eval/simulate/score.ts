/** Which findings belong to which attack, and what the rest would have cost somebody's attention. */
import type { Alert } from '../../../schemas/alert.ts'
import { SEVERITY_ORDER } from '../../../schemas/vocabulary.ts'
import { rulesOf } from '../../../services/alerter/contracts.ts'
import { runDue } from '../../../services/alerter/due.ts'
import { takeFinding } from '../../../services/alerter/group.ts'
import { emptyState } from '../../../services/alerter/state.ts'
import type { Label } from '../../../services/simulate/plan.ts'
import type { Raised } from './product.ts'

const HOUR = 3_600_000
const MS = 1_000_000n
/** What is found so long after an attack's last event is still found by it. */
const AFTER = HOUR / 6
/** By a detector that was to tell: the owner of a stolen token comes back next morning, lists are fetched again and again. */
const AFTERMATH = 24 * HOUR
/** What is sent to people. */
export const isSent = ({ finding: { severity } }: Raised): boolean => SEVERITY_ORDER.indexOf(severity) >= SEVERITY_ORDER.indexOf('medium')

const during = ({ activity }: Label, at: number, after: number): boolean => activity.some(([from, to]) => at >= Date.parse(from) && at <= Date.parse(to) + after)

export function belongs({ finding, at }: Raised, label: Label): boolean {
  if (label.trace_ids.includes(finding.trace_id) || label.conversations.includes(finding.conversation)) return true
  if (label.principals.includes(finding.actor) || label.principals.includes(finding.principal)) return during(label, at, label.detectors.includes(finding.detector) ? AFTERMATH : AFTER)
  // What somebody does on the server by and by is not what the server offers.
  if (finding.interaction_id !== '' && !label.detectors.includes(finding.detector)) return false
  const offered = label.servers.includes(finding.server) || (finding.principal === '' && finding.server === '' && label.tools.includes(finding.tool))
  return offered && at >= Date.parse(label.first_event) && at <= Date.parse(label.last_arrival) + 2 * AFTERMATH
}

export interface AttackScore {
  readonly label: Label
  /** Detectors that told, the earliest first. */
  readonly by: readonly string[]
  /** Seconds from the arrival of its last event to the first finding, 0 where it was found before; undefined where it was missed. */
  readonly seconds: number | undefined
  /** What weak findings there were besides. */
  readonly weak: readonly string[]
}

const distinct = (raised: readonly Raised[]): readonly string[] => [...new Set(raised.map(({ finding }) => finding.detector))]

/** `raised` in order of time. */
export function scoreAttack(label: Label, raised: readonly Raised[]): AttackScore {
  const own = raised.filter((one) => belongs(one, label))
  const sent = own.filter(isSent)
  const first = sent[0]
  return { label, by: distinct(sent), weak: distinct(own.filter((one) => !isSent(one))), seconds: first === undefined ? undefined : Math.max(0, (first.at - Date.parse(label.last_arrival)) / 1000) }
}

/** Alerts that the alerter would have opened of these findings, with its usual waits. */
export function alertsOf(raised: readonly Raised[]): readonly Alert[] {
  const rules = rulesOf({ groupWaitSeconds: 15, groupIntervalSeconds: 300, resolveAfterHours: 24 })
  const state = emptyState()
  const opened = new Map<string, Alert>()
  for (const { finding, at } of raised) {
    const now = BigInt(Math.round(at)) * MS
    takeFinding(state, finding, now, rules)
    runDue(state, [], now, rules)
    for (const [id, { alert }] of state.groups) opened.set(id, alert)
    state.closed.clear()
    state.events.length = 0
  }
  return [...opened.values()]
}
