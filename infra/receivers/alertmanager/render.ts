/** The webhook of Prometheus Alertmanager, version 4: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. Pure. */
import type { Notice } from '../../../schemas/alert-message.ts'
import { fitted } from '../fit.ts'
import { clip, plain } from '../plain-text.ts'
import { oddness, type Telling, tellingOf } from '../telling.ts'

type Words = Readonly<Record<string, string>>

export interface AlertmanagerBody {
  readonly version: '4'
  readonly groupKey: string
  readonly truncatedAlerts: 0
  readonly status: 'firing' | 'resolved'
  readonly receiver: string
  readonly groupLabels: Words
  readonly commonLabels: Words
  readonly commonAnnotations: Words
  readonly externalURL: string
  readonly alerts: readonly [{
    readonly status: 'firing' | 'resolved'
    readonly labels: Words
    readonly annotations: Words
    readonly startsAt: string
    readonly endsAt: string
    readonly generatorURL: string
    readonly fingerprint: string
  }]
}

/** What Go says for no time. */
const NEVER = '0001-01-01T00:00:00Z'
const LONGEST_LABEL = 256
const LARGEST = 262_144

const given = (words: Words): Words => Object.fromEntries(Object.entries(words).filter(([, value]) => value !== ''))
const cut = (text: string): string => clip(plain(text), LONGEST_LABEL)

interface Subject {
  /** 16 hex digits or a name. */
  readonly fingerprint: string
  readonly labels: Words
  readonly since: string
}

function subjectOf(notice: Notice): Subject {
  const own = { severity: notice.type === 'receiver.test' ? 'info' : notice.data.severity, service: 'watchkeeper' }
  // Those of the configuration cannot take the place of ours.
  const labels = Object.fromEntries(Object.entries(notice.data.labels).map(([name, value]) => [name, cut(value)]))
  if (notice.type === 'storm.summary') {
    const { storm_id: id, tenant, since } = notice.data
    return { fingerprint: cut(id) || 'watchkeeper-storm', labels: given({ ...labels, alertname: 'WatchkeeperStorm', storm_id: cut(id), tenant: cut(tenant), ...own }), since }
  }
  if (notice.type === 'receiver.test') return { fingerprint: 'watchkeeper-test', labels: { ...labels, alertname: 'WatchkeeperTest', ...own }, since: notice.timestamp }
  const { alert_id: id, tenant, first_seen: since } = notice.data
  return { fingerprint: id.slice(0, 16), labels: given({ ...labels, tenant: cut(tenant), alertname: 'Watchkeeper', alert_id: id, ...own }), since }
}

/** Labels are what an alert is known by, so these are none: the next finding may change them. */
function subjectWords(notice: Notice): Words {
  if (!('what' in notice.data)) return {}
  const { who, what } = notice.data
  return { actor: cut(who.actor), tool: cut(what.tool), server: cut(what.server), detectors: cut(what.detectors.join(', ')) }
}

function annotationsOf(notice: Notice, { label, title, why, moreWhy, lineage, facts, steps, sql, links, leftOut }: Telling): Words {
  const reasons = why.map(oddness)
  return given({
    summary: `${label}: ${title}`, description: [...reasons, ...(moreWhy === 0 ? [] : [`and ${moreWhy} more`])].join('\n'), lineage,
    ...subjectWords(notice), facts: facts.map(({ name, value }) => `${name}: ${value}`).join('\n'), what_to_do: steps.join('\n'), sql,
    runbook_url: links.find(({ rel }) => rel === 'runbook')?.href ?? '', left_out: leftOut.join(', '),
  })
}

/** Undefined where this form knows no such thing: that somebody has seen an alert. */
export function alertmanagerBody(notice: Notice, receiver: string): AlertmanagerBody | undefined {
  if (notice.type === 'alert.acknowledged') return undefined
  const status = notice.type === 'alert.resolved' ? 'resolved' : 'firing'
  const { fingerprint, labels, since } = subjectOf(notice)
  return fitted(tellingOf(notice), (telling) => {
    const annotations = annotationsOf(notice, telling)
    const home = telling.links.find(({ rel }) => rel === 'console')?.href ?? ''
    const body: AlertmanagerBody = {
      version: '4', groupKey: `{}:{alert_id="${fingerprint}"}`, truncatedAlerts: 0, status, receiver, groupLabels: { alertname: labels['alertname'] ?? '' },
      commonLabels: labels, commonAnnotations: annotations, externalURL: home === '' ? '' : new URL(home).origin,
      alerts: [{ status, labels, annotations, startsAt: since, endsAt: status === 'resolved' ? notice.timestamp : NEVER, generatorURL: home, fingerprint }],
    }
    return Buffer.byteLength(JSON.stringify(body)) <= LARGEST ? body : undefined
  })
}
