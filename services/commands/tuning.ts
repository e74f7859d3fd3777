/** `watchkeeper tuning precision|list|accept`: what verdicts say of rules, and what may be quiet because of it. */
import type { Precision, Proposal } from '../api/alerts/tuning.ts'
import { callApi } from './api-client.ts'
import { checkedId } from './alert.ts'
import type { CommonOptions } from './common.ts'
import { clock, filtersOf, type ListOptions, person, printDone, printList, queryOf } from './printing.ts'
import { endOf } from './silence.ts'

export interface AcceptOptions extends CommonOptions {
  readonly reason: string
  readonly for?: string
  readonly until?: string
  readonly owner?: string
  readonly json?: boolean
}

const pathOf = (path: string, options: ListOptions): string => {
  const { tenant, since } = filtersOf(options)
  return `${path}${queryOf({ tenant, since })}`
}

export const tuningPrecision = (options: ListOptions): Promise<number> => printList<Precision>(options, {
  path: pathOf('/api/v1/rules/precision', options), name: 'rules', empty: 'Nobody has said of an alert what it was.', columns: [
    { title: 'detector', cell: ({ detector, rule_version: version }) => `${detector} ${version}` }, { title: 'tenant', cell: ({ tenant }) => tenant },
    { title: 'true', cell: ({ true_alerts: count }) => String(count) }, { title: 'benign', cell: ({ benign_alerts: count }) => String(count) },
    { title: 'duplicate', cell: ({ duplicate_alerts: count }) => String(count) }, { title: 'precision', cell: ({ precision }) => (precision === null ? '' : precision.toFixed(2)) },
  ],
})

export const tuningList = (options: ListOptions): Promise<number> => printList<Proposal>(options, {
  path: pathOf('/api/v1/tuning', options), name: 'proposals', empty: 'Nothing is proposed: no kind of alert was benign again and again, and never true.', columns: [
    { title: 'id', cell: ({ proposal_id: id }) => id }, { title: 'accepted until', cell: ({ accepted_until: until }) => clock(until) },
    { title: 'tenant', cell: ({ tenant }) => tenant }, { title: 'why', cell: ({ why }) => why, flexible: true },
  ],
})

export function tuningAccept(id: string, options: AcceptOptions): Promise<number> {
  const { reason, owner } = options
  const body = { reason, by: person(), ...endOf(options), ...(owner === undefined ? {} : { owner }) }
  return printDone<{ readonly silence: { readonly silence_id: string; readonly ends_at: string } }>(options,
    (config) => callApi(config, `/api/v1/tuning/${checkedId(id, 'tuning list')}/accept`, { method: 'POST', body }), ({ silence }) => `Silence ${silence.silence_id} counts until ${silence.ends_at}.`)
}
