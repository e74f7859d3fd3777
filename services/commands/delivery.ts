/** `watchkeeper delivery list|redeliver` and `watchkeeper receiver list`: what was sent to whom, and how receivers are. */
import { callApi } from './api-client.ts'
import type { CommonOptions } from './common.ts'
import { clock, filtersOf, type ListOptions, person, printDone, printList, queryOf } from './printing.ts'

export interface DeliveryListOptions extends ListOptions {
  readonly outcome?: readonly string[]
  readonly dead?: boolean
  readonly receiver?: readonly string[]
  readonly alert?: string
}

interface Message {
  readonly message_id: string
  readonly receiver: string
  readonly alert_id: string
  readonly outcome: string
  readonly attempts: number
  readonly last_attempt_at: string
  readonly status: number
  readonly answer: string
}

export async function deliveryList(options: DeliveryListOptions): Promise<number> {
  const { outcome, dead, receiver, alert } = options
  return printList<Message>(options, {
    path: `/api/v1/deliveries${queryOf({ ...filtersOf(options), outcome: dead === true ? ['gave_up'] : outcome, receiver, alert_id: alert })}`, name: 'deliveries',
    empty: 'No message fits.', columns: [
      { title: 'message', cell: ({ message_id: id }) => id }, { title: 'receiver', cell: ({ receiver: who }) => who, flexible: true }, { title: 'outcome', cell: ({ outcome: how }) => how },
      { title: 'attempts', cell: ({ attempts }) => String(attempts), right: true }, { title: 'last', cell: ({ last_attempt_at: at }) => clock(at) },
      { title: 'status', cell: ({ status }) => String(status), right: true }, { title: 'answer', cell: ({ answer }) => answer, flexible: true },
    ],
  })
}

export async function redeliver(id: string, options: CommonOptions & { readonly receiver?: string; readonly why?: string; readonly tenant?: string; readonly json?: boolean }): Promise<number> {
  const { receiver, why, tenant } = options
  const body = { by: person(), ...(receiver === undefined ? {} : { receiver }), ...(why === undefined ? {} : { why }), ...(tenant === undefined ? {} : { tenant }) }
  return printDone(options, (config) => callApi(config, `/api/v1/deliveries/${encodeURIComponent(id)}/redeliver`, { method: 'POST', body }),
    () => 'It is on its way once more, under the same id.')
}

interface Receiver {
  readonly name: string
  readonly kind: string
  readonly fallback: string
  readonly temporary: boolean
  readonly health: { readonly state: string; readonly last_delivered_at: string; readonly last_status: number; readonly given_up: number } | null
}

export async function receiverList(options: CommonOptions & { readonly json?: boolean }): Promise<number> {
  return printList<Receiver>(options, {
    path: '/api/v1/receivers', name: 'receivers', empty: 'No receiver is configured: alerts are stored, and nobody is told.', columns: [
      { title: 'name', cell: ({ name, temporary }) => `${name}${temporary ? ' (for a while)' : ''}` }, { title: 'kind', cell: ({ kind }) => kind },
      { title: 'state', cell: ({ health }) => health?.state ?? 'not known here' }, { title: 'delivered last', cell: ({ health }) => clock(health?.last_delivered_at ?? '') },
      { title: 'given up', cell: ({ health }) => String(health?.given_up ?? ''), right: true }, { title: 'fallback', cell: ({ fallback }) => fallback, flexible: true },
    ],
  })
}
