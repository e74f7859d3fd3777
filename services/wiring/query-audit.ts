/** Queries through the SQL door as audit events: one each, straight to the bus, durable before the answer leaves. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { AdminAction, type AdminDeed } from '../../schemas/admin-action.ts'
import type { Log } from '../../schemas/ports.ts'
import { ReadLog } from '../api/read-log.ts'
import { createAdminIntake } from '../collector/admin-intake.ts'
import type { Redactor } from '../collector/contracts.ts'
import { createRedactor } from '../collector/redact/redactor.ts'
import { collectorTelemetry } from '../collector/telemetry.ts'
import type { Config } from '../config/schema.ts'
import type { AuditedQuery } from '../sql/audited-query.ts'
import { VERSION } from '../version.ts'
import { systemClock } from './clock.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './parts.ts'
import { hasRedactionKey } from './redaction-key.ts'

const OWN_TENANT = 'default'
const MOST_TEXT = 4_096

export interface QueryAuditParts {
  readonly config: Config
  readonly parts: ReadonlySet<Part>
  readonly foundation: Foundation
  readonly log: Log
}

export interface QueryAudit {
  /** Resolves when the event is durable. Failure `unavailable` when the bus does not take it now. */
  record(query: AuditedQuery): Promise<void>
  /** Tells what was only counted so far. */
  close(): Promise<void>
}

/** Of several processes not every one has the key that redaction needs: such a one says what was asked by its hash alone. */
async function redactorOf(kit: QueryAuditParts): Promise<Redactor | undefined> {
  return hasRedactionKey(kit.config, kit.parts) ? createRedactor(await kit.foundation.keyedHash(), kit.config.redaction) : undefined
}

function deedOf({ user, tenant, queryId, queryHash, text, identified, peer, rowsRead, bytes, milliseconds }: AuditedQuery): AdminDeed {
  const details = {
    ...(text === '' ? {} : { query: text.slice(0, MOST_TEXT) }), query_sha256: queryHash, rows_read: String(rowsRead), bytes: String(bytes), milliseconds: String(Math.round(milliseconds)),
    tenant,
  }
  return {
    action: 'sql.query', object: `query/${queryId}`.slice(0, 256), tenant: tenant === '*' || tenant === '' ? OWN_TENANT : tenant, actor: user, peer,
    actor_source: identified ? 'sql.user' : 'sql.anyone', details,
  }
}

export function createQueryAudit(kit: QueryAuditParts): QueryAudit {
  const { foundation, log } = kit
  const telemetry = collectorTelemetry()
  let opened: Promise<{ readonly take: (action: AdminAction) => Promise<void>; readonly withText: boolean }> | undefined

  async function open(): Promise<{ readonly take: (action: AdminAction) => Promise<void>; readonly withText: boolean }> {
    const redactor = await redactorOf(kit)
    const { bus } = foundation.bus
    const take = createAdminIntake({ bus, redactor: redactor ?? { redact: () => undefined }, telemetry, clock: systemClock, version: VERSION })
    return { take, withText: redactor !== undefined }
  }

  async function write(deed: AdminDeed, verdict: string): Promise<void> {
    opened ??= open()
    // What failed is tried anew with the next query.
    opened.catch(() => { opened = undefined })
    const { take, withText } = await opened
    const { query, ...plain } = deed.details
    const at = new Date(Number(systemClock.now() / 1_000_000n)).toISOString()
    await take({
      ...deed, peer: deed.peer ?? '', details: withText && query !== undefined ? { query, ...plain } : plain, id: randomBytes(16).toString('hex'), at, host: hostname().slice(0, 256),
      outcome: verdict === 'ok' ? 'ok' : 'failed', reason: verdict === 'ok' ? '' : verdict,
    })
  }

  // Whoever has no password may knock as often as the network carries: the same within a minute is counted.
  const knocks = new ReadLog({
    failed: (error) => log.error({ err: error }, 'refused logins at the SQL door could not be written down'),
    audit: {
      async during(deed, work) {
        await write(deed, deed.details['verdict'] ?? '')
        return await work()
      },
    },
  })

  return {
    async record(query) {
      if (query.user !== '') return await write(deedOf(query), query.verdict)
      await knocks.note({ action: 'sql.login', object: 'sql', tenant: OWN_TENANT, actor: 'unknown', actor_source: 'sql.anyone', peer: query.peer, details: { verdict: query.verdict } })
    },
    close: () => knocks.tell(),
  }
}
