/** Detection Finding (class 2004) of the Open Cybersecurity Schema Framework 1.5.0: https://schema.ocsf.io/1.5.0/classes/detection_finding. Pure. */
import type { AlertMessage, Notice } from '../../../schemas/alert-message.ts'
import type { Severity } from '../../../schemas/vocabulary.ts'
import { asText } from '../as-text.ts'
import { fitted } from '../fit.ts'
import { clip, plain } from '../plain-text.ts'
import { type Telling, tellingOf } from '../telling.ts'

const CLASS = 2_004
const LARGEST = 262_144
const LONGEST_NAME = 256

type Named<Key extends string> = { readonly [K in `${Key}_id`]: number } & { readonly [K in Key]: string }

const SEVERITIES: Readonly<Record<Severity, Named<'severity'>>> = {
  info: { severity_id: 1, severity: 'Informational' }, low: { severity_id: 2, severity: 'Low' }, medium: { severity_id: 3, severity: 'Medium' },
  high: { severity_id: 4, severity: 'High' }, critical: { severity_id: 5, severity: 'Critical' },
}
const STATUSES: Readonly<Record<AlertMessage['data']['status'], Named<'status'>>> = {
  open: { status_id: 1, status: 'New' }, acknowledged: { status_id: 2, status: 'In Progress' }, in_progress: { status_id: 2, status: 'In Progress' },
  resolved: { status_id: 4, status: 'Resolved' },
}
const VERDICTS = {
  '': undefined, true: { verdict_id: 2, verdict: 'True Positive' }, benign: { verdict_id: 5, verdict: 'Benign' }, duplicate: { verdict_id: 10, verdict: 'Duplicate' },
} as const

const CREATE = { activity_id: 1, activity_name: 'Create' } as const
const UPDATE = { activity_id: 2, activity_name: 'Update' } as const
const CLOSE = { activity_id: 3, activity_name: 'Close' } as const

export interface OcsfFinding {
  readonly activity_id: number
  readonly activity_name: string
  readonly category_uid: 2
  readonly category_name: 'Findings'
  readonly class_uid: typeof CLASS
  readonly class_name: 'Detection Finding'
  readonly type_uid: number
  readonly type_name: string
  readonly severity_id: number
  readonly severity: string
  readonly status_id: number
  readonly status: string
  readonly time: number
  readonly message: string
  /** Whether somebody is to look at it now. */
  readonly is_alert: boolean
  readonly metadata: {
    readonly version: '1.5.0'
    readonly uid: string
    readonly product: { readonly name: 'Watchkeeper'; readonly vendor_name: 'Watchkeeper' }
    readonly tenant_uid?: string
    readonly labels?: readonly string[]
    /** A verdict belongs to it. */
    readonly profiles?: readonly ['incident']
  }
  readonly finding_info: {
    readonly uid: string
    readonly title: string
    readonly desc: string
    readonly types?: readonly string[]
    readonly first_seen_time?: number
    readonly last_seen_time?: number
    readonly src_url?: string
    readonly attacks?: readonly { readonly version: '19'; readonly technique: { readonly uid: string }; readonly sub_technique?: { readonly uid: string } }[]
  }
  readonly evidences?: readonly { readonly actor?: { readonly user: { readonly name: string } }; readonly data: Readonly<Record<string, string>> }[]
  readonly count?: number
  readonly verdict_id?: number
  readonly verdict?: string
  readonly comment?: string
}

const cut = (text: string): string => clip(plain(text), LONGEST_NAME)
const activityOf = ({ type }: Notice) => (type === 'alert.resolved' ? CLOSE : type === 'alert.open' || type === 'storm.summary' || type === 'receiver.test' ? CREATE : UPDATE)
const uidOf = (notice: Notice): string =>
  notice.type === 'storm.summary' ? cut(notice.data.storm_id) || 'storm' : notice.type === 'receiver.test' ? 'watchkeeper-test' : notice.data.alert_id

/** What only alerts know. */
function alertParts({ data }: AlertMessage): Pick<OcsfFinding, 'evidences' | 'count' | 'verdict_id' | 'verdict' | 'comment'> {
  const { who, what, verdict, status_why: why, findings, trace_id: trace } = data
  const named = { tool: cut(what.tool), server: cut(what.server), client: cut(who.client), trace_id: cut(trace) }
  const known = Object.entries(named).filter(([, text]) => text !== '')
  const actor = cut(who.principal || who.actor)
  return {
    ...(actor === '' && known.length === 0 ? {} : { evidences: [{ ...(actor === '' ? {} : { actor: { user: { name: actor } } }), data: Object.fromEntries(known) }] }),
    count: Math.max(1, findings), ...VERDICTS[verdict], ...(cut(why) === '' ? {} : { comment: cut(why) }),
  }
}

/** `T1552.001` is a sub-technique of T1552. */
function attackOf(id: string) {
  const [technique = id] = id.split('.')
  return { version: '19' as const, technique: { uid: technique }, ...(technique === id ? {} : { sub_technique: { uid: id } }) }
}

function infoOf(notice: Notice, telling: Telling): OcsfFinding['finding_info'] {
  const alert = 'what' in notice.data ? notice.data : undefined
  const techniques = [...new Set((alert?.rules ?? []).flatMap(({ attack_19 }) => attack_19).filter((id) => /^T\d{4}(\.\d{3})?$/.test(id)))]
  const home = telling.links.find(({ rel }) => rel === 'console')?.href
  return {
    uid: uidOf(notice), title: telling.title, desc: asText(telling),
    ...(alert === undefined ? {} : { types: alert.what.detectors.map(cut), first_seen_time: Date.parse(alert.first_seen), last_seen_time: Date.parse(alert.last_seen) }),
    ...(home === undefined ? {} : { src_url: home }),
    ...(techniques.length === 0 ? {} : { attacks: techniques.map(attackOf) }),
  }
}

export function ocsfFinding(notice: Notice): OcsfFinding {
  const activity = activityOf(notice)
  const alert = 'what' in notice.data ? (notice as AlertMessage) : undefined
  const tenant = 'tenant' in notice.data ? cut(notice.data.tenant) : ''
  const labels = Object.entries(notice.data.labels).map(([name, value]) => `${name}=${cut(value)}`)
  return fitted(tellingOf(notice), (telling) => {
    const finding: OcsfFinding = {
      ...activity, category_uid: 2, category_name: 'Findings', class_uid: CLASS, class_name: 'Detection Finding', type_uid: CLASS * 100 + activity.activity_id,
      type_name: `Detection Finding: ${activity.activity_name}`, ...SEVERITIES[telling.severity], ...STATUSES[alert?.data.status ?? 'open'], time: Date.parse(notice.timestamp),
      message: `${telling.label}: ${telling.title}`, is_alert: activity !== CLOSE && notice.type !== 'alert.acknowledged' && notice.type !== 'receiver.test',
      metadata: {
        version: '1.5.0', uid: `${uidOf(notice)}-${alert?.data.version ?? 1}`, product: { name: 'Watchkeeper', vendor_name: 'Watchkeeper' },
        ...(alert === undefined || alert.data.verdict === '' ? {} : { profiles: ['incident'] as const }),
        ...(tenant === '' ? {} : { tenant_uid: tenant }), ...(labels.length === 0 ? {} : { labels }),
      },
      finding_info: infoOf(notice, telling), ...(alert === undefined ? {} : alertParts(alert)),
    }
    return Buffer.byteLength(JSON.stringify(finding)) <= LARGEST ? finding : undefined
  })
}
