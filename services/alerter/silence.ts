/** Stage: what fits a silence is told to nobody until its end. Pure. */
import type { Alert } from '../../schemas/alert.ts'
import type { SilenceMatcher, SilenceRow } from '../../schemas/silence.ts'
import { byTenant } from './by-tenant.ts'
import type { AlerterState } from './state.ts'

function valuesOf(alert: Alert, field: SilenceMatcher['field']): readonly string[] {
  if (field === 'detector') return alert.detectors
  if (field === 'family') return alert.families
  return [alert[field]]
}

/** A silence of one detector does not hide what another one says of the same alert. */
function fits(alert: Alert, { field, operator, value }: SilenceMatcher): boolean {
  const values = valuesOf(alert, field)
  return operator === 'is' ? values.length > 0 && values.every((one) => one === value) : !values.includes(value)
}

const isActive = ({ starts_at, ends_at }: SilenceRow, now: bigint): boolean => starts_at <= now && now < ends_at

/** Those that count now, by tenant. */
export const silencesNow = (state: AlerterState, now: bigint): ReadonlyMap<string, readonly SilenceRow[]> =>
  byTenant([...state.silences.values()].filter((silence) => isActive(silence, now)), ({ tenant }) => tenant)

/** Silence that the alert fits, all of its matchers; '' where there is none. */
export function silenceOf(alert: Alert, active: readonly SilenceRow[] | undefined): string {
  const fitting = (active ?? []).filter(({ matchers }) => matchers.every((matcher) => fits(alert, matcher)))
  return (fitting.find(({ silence_id }) => silence_id === alert.silenced_by) ?? fitting[0])?.silence_id ?? ''
}

/** When a silence begins or ends next; undefined where none does. */
export function nextTurn(state: AlerterState, now: bigint): bigint | undefined {
  let next: bigint | undefined
  for (const { starts_at, ends_at } of state.silences.values()) {
    for (const at of [starts_at, ends_at]) if (at > now && (next === undefined || at < next)) next = at
  }
  return next
}

/** A silence that is over is known for a while, so that its next version has a higher number. */
const REMEMBERED = 30n * 86_400n * 1_000_000_000n

/** Lets go of silences that ended long ago; they end by themselves, so nothing is said of it. */
export function endSilences(state: AlerterState, now: bigint): void {
  for (const [id, { ends_at }] of state.silences) if (ends_at + REMEMBERED <= now) state.silences.delete(id)
}
