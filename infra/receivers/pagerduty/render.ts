/** Events API v2 of PagerDuty: https://developer.pagerduty.com/docs/send-alert-event. One incident for each alert: `dedup_key` is its id. Pure. */
import type { Notice } from '../../../schemas/alert-message.ts'
import type { Severity } from '../../../schemas/vocabulary.ts'
import { reasonLines } from '../as-text.ts'
import { fitted } from '../fit.ts'
import { clip, plain } from '../plain-text.ts'
import { type Telling, tellingOf } from '../telling.ts'

const MOST = { summary: 1_024, name: 255, body: 512_000 } as const

interface Payload {
  readonly summary: string
  readonly source: string
  readonly severity: 'critical' | 'error' | 'warning' | 'info'
  readonly timestamp: string
  readonly component?: string
  readonly group?: string
  readonly class?: string
  readonly custom_details: Readonly<Record<string, string | readonly string[]>>
}
/** Without `routing_key`: that is a secret, and put in when it is sent. */
export type PagerDutyEvent =
  | { readonly event_action: 'acknowledge' | 'resolve'; readonly dedup_key: string }
  | {
    readonly event_action: 'trigger'
    readonly dedup_key: string
    readonly payload: Payload
    readonly client: 'Watchkeeper'
    readonly client_url?: string
    readonly links?: readonly { readonly href: string; readonly text: string }[]
  }

const SEVERITIES: Readonly<Record<Severity, Payload['severity']>> = { critical: 'critical', high: 'error', medium: 'warning', low: 'info', info: 'info' }

function keyOf(notice: Notice): string {
  if (notice.type === 'storm.summary') return clip(`watchkeeper-storm-${plain(notice.data.storm_id)}`, MOST.name)
  return notice.type === 'receiver.test' ? clip(`watchkeeper-test-${plain(notice.data.receiver)}`, MOST.name) : notice.data.alert_id
}

/** Whose doing it is about, as PagerDuty sorts incidents; left out where it is not known. */
function placeOf(notice: Notice): Pick<Payload, 'source' | 'component' | 'group' | 'class'> {
  if (!('what' in notice.data)) return { source: 'watchkeeper' }
  const { what, tenant } = notice.data
  const named = { component: what.tool, group: tenant, class: what.detectors.join(', ') }
  const parts = Object.entries(named).map(([name, text]) => [name, clip(plain(text), MOST.name)] as const).filter(([, text]) => text !== '')
  return { source: clip(plain(what.server), MOST.name) || 'watchkeeper', ...Object.fromEntries(parts) }
}

/** Details that no label of the configuration may take the place of. */
const OWN: ReadonlySet<string> = new Set(['why', 'lineage', 'sql', 'from'])

function detailsOf(telling: Telling): Payload['custom_details'] {
  const { facts, lineage, steps, harmless, sql, foot, leftOut } = telling
  const named = facts.map(({ name, value }) => [name.toLowerCase(), value] as const)
  const details = {
    why: reasonLines(telling), lineage, ...Object.fromEntries(named.filter(([name]) => !OWN.has(name))),
    'what to do': steps, 'looks like it and is harmless': harmless, sql, from: foot, 'no room for': leftOut,
  }
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value.length > 0))
}

function triggerOf(notice: Notice, telling: Telling): PagerDutyEvent {
  const { links } = telling
  const home = links.find(({ rel }) => rel === 'console')?.href
  const prefix = telling.event === 'open' || telling.event === 'updated' ? '' : `${telling.label}: `
  return {
    event_action: 'trigger', dedup_key: keyOf(notice),
    payload: {
      summary: clip(`${prefix}${telling.title}`, MOST.summary), ...placeOf(notice),
      severity: SEVERITIES[telling.severity], timestamp: notice.timestamp, custom_details: detailsOf(telling),
    },
    client: 'Watchkeeper', ...(home === undefined ? {} : { client_url: home }),
    ...(links.length === 0 ? {} : { links: links.map(({ href, text }) => ({ href, text })) }),
  }
}

export function pagerDutyEvent(notice: Notice): PagerDutyEvent {
  if (notice.type === 'alert.acknowledged') return { event_action: 'acknowledge', dedup_key: keyOf(notice) }
  if (notice.type === 'alert.resolved') return { event_action: 'resolve', dedup_key: keyOf(notice) }
  return fitted(tellingOf(notice), (telling) => {
    const event = triggerOf(notice, telling)
    return Buffer.byteLength(JSON.stringify(event)) < MOST.body - MOST.name ? event : undefined
  })
}

/** The kept body with the key of the service, as it goes out. */
export const withRoutingKey = (body: string, routingKey: string): string => JSON.stringify({ routing_key: routingKey, ...(JSON.parse(body) as PagerDutyEvent) })
