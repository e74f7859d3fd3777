/** Hooks of the configuration as what signs and sends to them. */
import type { Log } from '../../schemas/ports.ts'
import type { HookEntry } from '../api/ports.ts'
import { Receiver } from '../config/alerting.ts'
import type { ResponseHook } from '../config/response.ts'
import type { Hook } from '../response/contracts.ts'
import { notifierOf } from './notifier-of.ts'

/** The same guarded sender as for alerts. Throws Failure `misconfigured` with a sentence where a secret or a network cannot be used. */
export function hookOf({ name, approval, most_per_hour: mostPerHour, url, secret, secret_file: secretFile, allow_private: allowPrivate, allow_networks: allowNetworks }: ResponseHook, log: Log): Hook {
  const receiver = Receiver.parse({ type: 'webhook', name: `response.${name}`.slice(0, 63), url, secret, secret_file: secretFile, allow_private: allowPrivate, allow_networks: allowNetworks })
  const notifier = notifierOf(receiver, log)
  return { name, approval, mostPerHour, send: (message, signal) => notifier.send(message, signal) }
}

/** What the API says of them: nothing secret. */
export const hookEntries = (hooks: readonly ResponseHook[]): readonly HookEntry[] =>
  hooks.map(({ name, does, approval, most_per_hour: most, tenants }) => ({ name, does, approval, most_per_hour: most, tenants }))
