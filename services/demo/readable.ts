/** A message about an alert as lines for a terminal. */
import type { AlertMessage } from '../../schemas/alert-message.ts'

type Data = AlertMessage['data']
type Reason = Data['why'][number]

const line = (label: string, text: string): string => `  ${label.padEnd(6)}${text}`
/** The label before the first line only. */
const block = (label: string, lines: readonly string[]): readonly string[] => lines.map((text, at) => line(at === 0 ? label : '', text))

function reasonLines({ title, observed, expected, detector, rule_version, severity, case: argued }: Reason): readonly string[] {
  const why = line('why', `${title}: ${observed}; expected ${expected}  [${detector} ${rule_version}, ${severity}]`)
  if (argued === undefined) return [why]
  const { weighed, usual, lineage, sample_events } = argued
  return [
    why,
    ...weighed.map((one) => line('', `  ${Math.round(one.weight * 100)} %  ${one.name}: ${one.observed}${one.expected === '' ? '' : `; usual ${one.expected}`}`)),
    ...Object.entries(usual).map(([whose, text]) => line('', `  usual for ${whose === 'self' ? 'itself' : `its ${whose}`}: ${text}`)),
    ...(lineage === '' ? [] : [line('how', lineage)]),
    ...block('event', sample_events),
  ]
}

function ruleLines({ benign, runbook, owasp_mcp_2025, atlas_5, attack_19 }: Data['rules'][number]): readonly string[] {
  return [...block('or', benign.map((text) => `harmless if: ${text}`)), ...block('do', runbook), line('maps', [...owasp_mcp_2025, ...atlas_5, ...attack_19].join(' '))]
}

/** `told`: detectors whose rules need not be said again. */
export function linesOf({ type, data }: AlertMessage, told: ReadonlySet<string>): readonly string[] {
  const { who, what, why, why_omitted: omitted, rules, sql } = data
  return [
    `${type === 'alert.updated' ? 'UPDATE' : 'ALERT'}  ${data.severity.toUpperCase()}  ${data.title}`,
    line('who', `${who.actor || 'unknown'} (${who.actor_kind})`),
    line('what', `${[what.tool, what.server].filter((part) => part !== '').join(' on ')}  [${what.detectors.join(', ')}]`),
    ...why.flatMap(reasonLines), ...(omitted > 0 ? [line('', `and ${omitted} more`)] : []),
    ...rules.filter(({ detector }) => !told.has(detector)).flatMap(ruleLines), ...block('SQL', sql.split('\n')),
  ]
}
