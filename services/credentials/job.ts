/** Credentials with their ages: ours are looked at and written down, those of others are asked for once an hour, and what is not in order is told, once. */
import { hash } from 'node:crypto'
import { overdueFinding, type Trouble } from '../../detectors/overdue-credential/finding.ts'
import { type CredentialRecord, NEVER } from '../../schemas/credential-record.ts'
import type { Finding } from '../../schemas/finding.ts'
import type { Clock, Log, Publisher, Store } from '../../schemas/ports.ts'
import { sqlTexts } from '../../schemas/sql-literal.ts'
import { credentials, findings } from '../../schemas/topics.ts'
import { readOldTokens, readUsedAfterEnd } from './seen.ts'

export interface CredentialsConfig {
  readonly maxAgeDays: number
  readonly warnDays: number
}

export interface CredentialsPorts {
  readonly bus: Publisher
  readonly store: Pick<Store, 'query'>
  readonly clock: Clock
  readonly log: Log
  /** What we have, as it is now; what cannot be read is left out. */
  own(now: bigint): Promise<readonly CredentialRecord[]>
  /** As it is to be said: planned work is marked. */
  marked(finding: Finding): Finding
}

const DAY_NS = 86_400_000_000_000n
const MINUTE_NS = 60_000_000_000n
/** Tokens of others are looked for so often, and a little further back: what was archived late counts at the next look. */
const SEEN_EVERY_NS = 55n * MINUTE_NS
const LOOK_BACK_NS = 75n * MINUTE_NS
/** Findings of one look. */
const MOST = 100

export function troublesOf(records: readonly CredentialRecord[], { maxAgeDays, warnDays }: CredentialsConfig, now: bigint): readonly Trouble[] {
  return records.flatMap((record): Trouble[] => {
    const { tenant, kind, credential, fingerprint, expires_at: endsAt, issued_at: issuedAt, revoked_at: revokedAt, holder } = record
    if (revokedAt !== 0n) return []
    const about = { tenant, kind, credential, fingerprint }
    const ends = endsAt !== 0n && endsAt < NEVER
    if (ends && endsAt <= now) return [{ ...about, trouble: 'ended', endsAt }]
    const isOld = issuedAt !== 0n && now - issuedAt > BigInt(maxAgeDays) * DAY_NS
    return [
      ...(ends && endsAt - now < BigInt(warnDays) * DAY_NS ? [{ ...about, trouble: 'ends_soon' as const, endsAt }] : []),
      ...(isOld ? [{ ...about, trouble: 'old' as const, issuedAt, maxAgeDays, holder, server: '' }] : []),
    ]
  })
}

/** The same trouble of the same thing has the same id; of a server that takes what has ended it is another each day. */
function idOf(one: Trouble): string {
  const episode = one.trouble === 'used_after_end' ? [one.server, one.lastAt / DAY_NS] : [one.kind, one.credential, one.fingerprint, one.trouble === 'old' ? one.issuedAt : one.endsAt]
  return hash('sha256', JSON.stringify(['overdue-credential', one.tenant, one.trouble, ...episode.map(String)]), 'hex').slice(0, 32)
}

export function createCredentials(config: CredentialsConfig, { bus, store, clock, log, own, marked }: CredentialsPorts): { readonly name: string; readonly schedule: string; run(): Promise<void> } {
  const told = new Set<string>()
  let seenAt = 0n

  async function seenTroubles(now: bigint): Promise<readonly Trouble[]> {
    if (now - seenAt < SEEN_EVERY_NS) return []
    const since = now - LOOK_BACK_NS
    const troubles = [...(await readUsedAfterEnd(store, since)), ...(await readOldTokens(store, since, { now, maxAgeDays: config.maxAgeDays }))]
    seenAt = now
    return troubles
  }

  /** Those that nobody was told of yet, also by a process before this one. */
  async function news(all: readonly Finding[]): Promise<readonly Finding[]> {
    const fresh = all.filter(({ finding_id: id }) => !told.has(id)).slice(0, MOST)
    if (fresh.length === 0) return []
    const rows = await store.query(`SELECT DISTINCT finding_id FROM watchkeeper.finding_versions WHERE finding_id IN ${sqlTexts(fresh.map(({ finding_id: id }) => id))}`)
    for (const row of rows) told.add(String(row['finding_id']))
    return fresh.filter(({ finding_id: id }) => !told.has(id))
  }

  return {
    name: 'credentials', schedule: '25 3-59/10 * * * *',
    async run() {
      const now = clock.now()
      const records = await own(now)
      if (records.length > 0) await bus.publish(credentials, records.map((record) => ({ key: record.tenant, record })))
      const troubles = [...troublesOf(records, config, now), ...(await seenTroubles(now))]
      const said = await news(troubles.map((one) => marked(overdueFinding(one, { id: idOf(one), now }))))
      if (said.length === 0) return
      await bus.publish(findings, said.map((record) => ({ key: record.tenant, record })))
      for (const { finding_id: id } of said) told.add(id)
      log.info({ findings: said.length }, 'credentials are not in order: see findings of overdue-credential')
    },
  }
}
