/** What the API says of the receivers of the configuration: nothing secret. */
import type { ReceiverEntry } from '../api/ports.ts'
import type { Alerting } from '../config/alerting.ts'

type Routes = Alerting['routes']

/** Tenants that a receiver is kept for: where every route that names it is for some tenants alone. */
function tenantsOf(name: string, routes: Routes): readonly string[] | undefined {
  const naming = routes.filter(({ receivers }) => receivers.includes(name))
  if (naming.length === 0 || naming.some(({ tenants }) => tenants === undefined)) return undefined
  return [...new Set(naming.flatMap(({ tenants }) => tenants ?? []))]
}

export const receiverEntries = ({ receivers, webhooks, routes }: Alerting): readonly ReceiverEntry[] =>
  [...receivers, ...webhooks.map((webhook) => ({ ...webhook, type: 'webhook' as const }))].map((receiver) => ({
    name: receiver.name, kind: receiver.type, fallback: receiver.fallback ?? '', messages_per_hour: receiver.messages_per_hour, send_resolved: receiver.send_resolved,
    tenants: tenantsOf(receiver.name, routes),
  }))
