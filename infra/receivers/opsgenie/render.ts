/**
 * Alert API of Opsgenie and of Jira Service Management, which takes the same: https://docs.opsgenie.com/docs/alert-api. One alert of theirs for each of
 * ours: `alias` is its id. Pure.
 */
import type { AlertMessage, Notice } from '../../../schemas/alert-message.ts'
import type { Severity } from '../../../schemas/vocabulary.ts'
import { asText } from '../as-text.ts'
import { fitted } from '../fit.ts'
import { clip, plain } from '../plain-text.ts'
import { type Telling, tellingOf } from '../telling.ts'

const MOST = { message: 130, alias: 512, description: 15_000, details: 8_000, tags: 20, tag: 50, entity: 512, source: 100, note: 25_000 } as const
const SOURCE = 'Watchkeeper'

export interface OpsgenieAlert {
  readonly message: string
  readonly alias: string
  readonly description: string
  readonly details: Readonly<Record<string, string>>
  readonly tags: readonly string[]
  readonly entity?: string
  readonly source: string
  readonly priority: 'P1' | 'P2' | 'P3' | 'P4' | 'P5'
}
/** What is kept of a message: where it goes under the alert API, and what is sent there. */
export type OpsgenieRequest =
  | { readonly action: 'create'; readonly alias: string; readonly body: OpsgenieAlert }
  | { readonly action: 'acknowledge' | 'close'; readonly alias: string; readonly body: { readonly source: string; readonly note: string } }

const PRIORITIES: Readonly<Record<Severity, OpsgenieAlert['priority']>> = { critical: 'P1', high: 'P2', medium: 'P3', low: 'P4', info: 'P5' }

const aliasOf = (notice: Notice): string => {
  if (notice.type === 'storm.summary') return clip(`watchkeeper-storm-${plain(notice.data.storm_id)}`, MOST.alias)
  return notice.type === 'receiver.test' ? clip(`watchkeeper-test-${plain(notice.data.receiver)}`, MOST.alias) : notice.data.alert_id
}

function detailsOf(facts: Telling['facts'], title: string): Readonly<Record<string, string>> {
  const details = Object.fromEntries([...facts.map(({ name, value }) => [name, value] as const), ['Title', title]])
  return JSON.stringify(details).length <= MOST.details ? details : {}
}

function alertOf(notice: Notice, telling: Telling): OpsgenieAlert {
  const what = 'what' in notice.data ? notice.data.what : undefined
  const entity = what === undefined ? '' : clip(plain(what.server), MOST.entity)
  return {
    message: clip(telling.title, MOST.message), alias: aliasOf(notice), description: clip(asText(telling), MOST.description), details: detailsOf(telling.facts, telling.title),
    tags: ['watchkeeper', ...(what?.detectors ?? []).map((detector) => clip(plain(detector), MOST.tag)).filter((tag) => tag !== '')].slice(0, MOST.tags),
    ...(entity === '' ? {} : { entity }), source: SOURCE, priority: PRIORITIES[telling.severity],
  }
}

function noteOf({ label, title, facts }: Telling): string {
  const reason = facts.find(({ name }) => name === 'Reason')?.value ?? ''
  return clip(`${label}: ${reason === '' ? title : reason}`, MOST.note)
}

const ENDS: Readonly<Partial<Record<AlertMessage['type'], 'acknowledge' | 'close'>>> = { 'alert.acknowledged': 'acknowledge', 'alert.resolved': 'close' }

export function opsgenieRequest(notice: Notice): OpsgenieRequest {
  const telling = tellingOf(notice)
  const alias = aliasOf(notice)
  const action = notice.type === 'storm.summary' || notice.type === 'receiver.test' ? undefined : ENDS[notice.type]
  if (action !== undefined) return { action, alias, body: { source: SOURCE, note: noteOf(telling) } }
  return { action: 'create', alias, body: fitted(telling, (fits) => alertOf(notice, fits)) }
}

/** Address and body of a kept message; `api` is the address under which alerts are created. */
export function opsgenieCall(kept: string, api: string): { readonly url: string; readonly body: string } {
  const { action, alias, body } = JSON.parse(kept) as OpsgenieRequest
  const url = action === 'create' ? api : `${api.replace(/\/$/, '')}/${encodeURIComponent(alias)}/${action}?identifierType=alias`
  return { url, body: JSON.stringify(body) }
}
