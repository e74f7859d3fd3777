/** A message as lines for a terminal. */
import type { AlertMessage, Notice, StormMessage } from '../../schemas/alert-message.ts'

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

const EVENTS: Readonly<Record<AlertMessage['type'], string>> = {
  'alert.open': 'ALERT', 'alert.updated': 'UPDATE', 'alert.reopened': 'AGAIN', 'alert.acknowledged': 'SEEN', 'alert.resolved': 'OVER',
}

const stormLines = ({ data: { severity, alerts, messages, top, sql } }: StormMessage): readonly string[] => [
  `STORM  ${severity.toUpperCase()}  ${messages} messages about ${alerts} alerts held back`,
  ...block('top', top.map((one) => `${one.severity.toUpperCase()}  ${one.title}`)), ...block('SQL', sql.split('\n')),
]

function endLines({ type, data }: AlertMessage): readonly string[] {
  const { verdict, status_by: by, status_why: why } = data
  return [`${EVENTS[type]}  ${data.severity.toUpperCase()}  ${data.title}`, line('by', `${by}${verdict === '' ? '' : ` (${verdict})`}${why === '' ? '' : `: ${why}`}`)]
}

/** `told`: detectors whose rules need not be said again. */
export function linesOf(notice: Notice, told: ReadonlySet<string>): readonly string[] {
  if (notice.type === 'storm.summary') return stormLines(notice)
  if (notice.type === 'receiver.test') return [`TEST   ${notice.data.title}`]
  if (notice.type === 'alert.resolved' || notice.type === 'alert.acknowledged') return endLines(notice)
  const { type, data } = notice
  const { who, what, why, why_omitted: omitted, rules, sql } = data
  return [
    `${EVENTS[type]}  ${data.severity.toUpperCase()}  ${data.title}`,
    line('who', `${who.actor || 'unknown'} (${who.actor_kind})`),
    line('what', `${[what.tool, what.server].filter((part) => part !== '').join(' on ')}  [${what.detectors.join(', ')}]`),
    ...why.flatMap(reasonLines), ...(omitted > 0 ? [line('', `and ${omitted} more`)] : []),
    ...rules.filter(({ detector }) => !told.has(detector)).flatMap(ruleLines), ...block('SQL', sql.split('\n')),
  ]
}
