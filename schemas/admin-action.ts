/**
 * What an administrator did to the product itself. It becomes an audit event of emitter `watchkeeper`, which is no MCP call and is judged by no
 * detector.
 */
import { z } from 'zod'
import type { AuditEvent } from './audit-event.ts'

export const ADMIN_EMITTER = 'watchkeeper'

/** Whether the event is about us. No mapping table is called so: nobody can send such an event. */
export const isAdminEvent = ({ emitter }: Pick<AuditEvent, 'emitter'>): boolean => emitter === ADMIN_EMITTER

const word = z.string().max(256)

export const AdminAction = z.strictObject({
  /** 32 hex digits, random: the same action told twice is one event. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  at: z.iso.datetime(),
  /** `token.create`, `receiver.remove`: the event's method is `watchkeeper/<action>`. */
  action: z.string().regex(/^[a-z]+(\.[a-z-]+)+$/).max(64),
  /** What was acted on: `token/gateway`. */
  object: word,
  tenant: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/),
  actor: word,
  /** `os.user` of the process that did it, `api.token` by name, `sql.user` whose password was right, `sql.anyone` where the SQL door asks for none, or `watchkeeper` for what the product noticed itself. */
  actor_source: z.enum(['os.user', 'api.token', 'sql.user', 'sql.anyone', 'watchkeeper']),
  host: word,
  /** Address that the request came from; '' where there was none. */
  peer: word,
  details: z.record(z.string().max(64), z.string().max(4_096)),
  /** `unknown`: it was begun, and nobody said how it ended. */
  outcome: z.enum(['ok', 'failed', 'unknown']),
  /** Why it failed, for people. */
  reason: z.string().max(1_024),
})
/** Name of the token that lies in the data directory: whoever may read that may do everything. */
export const OWN_API_TOKEN = 'api.token'

/**
 * What the one who acted showed, in the form of `credential` of an event: `token:NAME`; `local:api.token`, the token of the data directory; `os-user:NAME`, who
 * may write to the data directory and ran the command there; `sql-user:NAME`; `service:watchkeeper`, the product itself. '' where nothing was asked for.
 */
export function credentialOf({ actor, actor_source: source }: Pick<AdminAction, 'actor' | 'actor_source'>): string {
  if (source === 'sql.anyone' || actor === '') return ''
  if (source === 'watchkeeper') return 'service:watchkeeper'
  if (source === 'api.token') return actor === OWN_API_TOKEN ? `local:${actor}` : `token:${actor}`
  return `${source === 'os.user' ? 'os-user' : 'sql-user'}:${actor}`
}

export type AdminAction = Readonly<z.infer<typeof AdminAction>>

/** What the one who acts says; the rest is added where it is written down. */
export type AdminDeed = Pick<AdminAction, 'action' | 'object' | 'tenant' | 'actor' | 'actor_source' | 'details'> & { readonly peer?: string }

/** Writes down an action before it is done, and how it ended. */
export interface AdminAudit {
  /** Throws what `work` threw, and Failure `unavailable` when nothing can be written down: then the work is not begun. */
  during<T>(deed: AdminDeed, work: () => T | Promise<T>): Promise<T>
}
