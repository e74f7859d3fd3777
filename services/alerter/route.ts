/** Stage: who is told. Pure. */
import type { Alert } from '../../schemas/alert.ts'
import { rule as receiverDown } from '../../detectors/receiver-down/rule.ts'
import { rank } from './alert-words.ts'
import type { AlerterRules, RouteRules } from './contracts.ts'
import { isWithin } from './hours.ts'

const anyOf = (wanted: readonly string[] | undefined, said: readonly string[]): boolean => wanted === undefined || said.some((one) => wanted.includes(one))

function tagsOf({ detectors }: Alert, { texts }: AlerterRules): readonly string[] {
  return detectors.flatMap((detector) => {
    const rule = texts.get(detector)
    return rule === undefined ? [] : [...rule.owasp_mcp_2025, ...rule.atlas_5, ...rule.attack_19]
  })
}

function fits(alert: Alert, route: RouteRules, rules: AlerterRules): boolean {
  return (route.severityFrom === undefined || rank(alert.severity) >= rank(route.severityFrom))
    && anyOf(route.tenants, [alert.tenant]) && anyOf(route.detectors, alert.detectors) && anyOf(route.families, alert.families)
    && anyOf(route.servers, [alert.server]) && anyOf(route.actors, [alert.actor, alert.principal])
    && Object.entries(route.labels ?? {}).every(([name, value]) => Object.hasOwn(rules.labels, name) && rules.labels[name] === value)
    && (route.tags === undefined || anyOf(route.tags, tagsOf(alert, rules)))
}

/** Every route that names the receiver is for other tenants alone: it learns nothing of this one by default. */
export function isForOthers(receiver: string, tenant: string, { routes }: AlerterRules): boolean {
  const naming = routes.filter(({ receivers }) => receivers.includes(receiver))
  return naming.length > 0 && naming.every(({ tenants }) => tenants !== undefined && !tenants.includes(tenant))
}

/** Receivers of the routes that fit, the first of them and those behind it that it leaves the word to; all of `known` where none fits. */
function routed(alert: Alert, known: readonly string[], now: bigint, rules: AlerterRules): readonly string[] {
  const chosen = new Set<string>()
  let fitting = false
  for (const route of rules.routes) {
    if (!fits(alert, route, rules) || (route.hours !== undefined && !isWithin(route.hours, now))) continue
    fitting = true
    for (const receiver of route.receivers) chosen.add(receiver)
    if (!route.continue) break
  }
  return fitting ? known.filter((receiver) => chosen.has(receiver)) : known
}

/** The receiver that an alert says is down; '' where it says no such thing. */
export const downIn = ({ detectors, actor }: Alert): string => (detectors.length === 1 && detectors[0] === receiverDown.id ? actor : '')

/** Names of those who are told of it at this time, of those there are. That a receiver is down is told to others, whichever there are. */
export function receiversOf(alert: Alert, all: readonly string[], now: bigint, rules: AlerterRules): readonly string[] {
  const known = all.filter((receiver) => !isForOthers(receiver, alert.tenant, rules))
  const told = routed(alert, known, now, rules)
  const down = downIn(alert)
  if (down === '') return told
  const others = told.filter((receiver) => receiver !== down)
  return others.length > 0 ? others : known.filter((receiver) => receiver !== down)
}
