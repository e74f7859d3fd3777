/** Who may come in and how much: tokens of configuration and file, client certificates, budgets, connections; and the actions of administrators. */
import { metrics } from '@opentelemetry/api'
import { openAdminAudit } from '../../infra/guarded-files/admin-spool.ts'
import { openLiveTokens } from '../../infra/guarded-files/live-tokens.ts'
import { readTokens, tokenFileOf } from '../../infra/guarded-files/token-file.ts'
import { watchSpool } from '../../infra/guarded-files/watch-spool.ts'
import { ConnectionGuard } from '../../infra/sockets/connection-guard.ts'
import type { AdminAction, AdminAudit } from '../../schemas/admin-action.ts'
import type { Connections } from '../../schemas/connections.ts'
import { subjectOf } from '../../schemas/peer-certificate.ts'
import type { Log } from '../../schemas/ports.ts'
import { apiScopeOf, latestWitness, type TokenRecord } from '../../schemas/token-record.ts'
import type { Caller } from '../api/caller.ts'
import { authenticator, DEFAULT_TENANT, TokenIndex, troubleOf } from '../collector/authenticate.ts'
import type { Authenticate, ClientEntry, TokenEntry } from '../collector/authenticate.ts'
import { Budgets } from '../collector/budget.ts'
import { edgeTelemetry } from '../collector/edge-telemetry.ts'
import type { Config } from '../config/schema.ts'
import { systemClock } from './clock.ts'
import { configuredTokens } from './hashes.ts'

export interface Edge {
  readonly authenticate: Authenticate
  readonly budgets: Budgets
  readonly connections: Connections
  readonly audit: AdminAudit
  /** Who may use the API with this token, and for what; undefined where it is for nothing of it, has ended or was revoked. */
  apiCaller(token: string): Caller | undefined
  close(): Promise<void>
}

const entryOf = ({ name, sha256, tenant, scopes, expires_at: expires, revoked_at: revoked, budget }: TokenRecord): TokenEntry => ({
  name, sha256, tenant, scopes, revoked: revoked !== null, expiresAt: expires === null ? undefined : BigInt(Date.parse(expires)) * 1_000_000n, budget,
})

/** Tokens of file and configuration as one list, another one only after a change. */
function entriesOf(config: Config, current: () => readonly TokenRecord[]): { entries(): readonly TokenEntry[]; now(): bigint } {
  let seen: readonly TokenRecord[] | undefined
  let entries: readonly TokenEntry[] = []
  const configured = configuredTokens(config)
  let witness = 0n
  const refresh = () => {
    const records = current()
    if (records === seen) return
    seen = records
    witness = latestWitness(records)
    entries = [...configured, ...records.map(entryOf)]
  }
  return {
    entries() {
      refresh()
      return entries
    },
    now() {
      refresh()
      const now = systemClock.now()
      return now > witness ? now : witness
    },
  }
}

const clientsOf = ({ otlp: { tls } }: Config): readonly ClientEntry[] => (tls?.clients ?? []).map(
  ({ name, tenant, fingerprint_sha256: fingerprintSha256, subject, budget }) =>
    ({ name, tenant, fingerprintSha256, subject: subject === undefined ? undefined : subjectOf(subject), budget }),
)

/** What a new reading of the file changed, by name. */
function changesOf(before: readonly TokenRecord[], after: readonly TokenRecord[]): Readonly<Record<string, string>> {
  const old = new Map(before.map((token) => [token.sha256, token]))
  const left = new Set(after.map(({ sha256 }) => sha256))
  const names = (tokens: readonly TokenRecord[]) => tokens.map(({ name }) => name).join(' ')
  return Object.fromEntries(Object.entries({
    added: names(after.filter(({ sha256 }) => !old.has(sha256))),
    removed: names(before.filter(({ sha256 }) => !left.has(sha256))),
    changed: names(after.filter((token) => old.has(token.sha256) && JSON.stringify(old.get(token.sha256)) !== JSON.stringify(token))),
  }).filter(([, list]) => list !== ''))
}

function guardOf({ otlp: { limits, behind_tls_proxy: proxied } }: Config): ConnectionGuard {
  const meter = metrics.getMeter('watchkeeper.collector')
  const cuts = meter.createCounter('watchkeeper.collector.connections.cut', { description: 'Connections ended or refused by us, by reason' })
  const guard = new ConnectionGuard({
    connections: limits.connections, perAddress: proxied ? limits.connections : limits.connections_per_address,
    proveMs: limits.head_seconds * 1_000, awaitMs: limits.body_seconds * 1_000, minBytesPerSecond: limits.min_body_bytes_per_second,
  }, { cut: (reason) => cuts.add(1, { reason }) })
  meter.createObservableGauge('watchkeeper.collector.connections.open', { description: 'Connections of senders' })
    .addCallback((result) => result.observe(guard.open))
  return guard
}

export interface EdgeParts {
  readonly config: Config
  readonly log: Log
  /** Whether telemetry comes in here: then a changed token file is told as an event. */
  readonly ingests: boolean
  /** Makes an audit event of an action. */
  intake(action: AdminAction): Promise<void>
}

/** How many tokens of the file may be used now. Throws Failure `misconfigured` when it cannot be used. */
export async function usableTokens({ data_dir: dataDir }: Config): Promise<number> {
  const now = systemClock.now()
  return ((await readTokens(tokenFileOf(dataDir))) ?? []).filter((token) => troubleOf(entryOf(token), 'ingest', now) === undefined).length
}

/** Throws Failure `misconfigured` when the token file is there and cannot be used. */
export async function openEdge({ config, log, ingests, intake }: EdgeParts): Promise<Edge> {
  const { data_dir: dataDir } = config
  const audit = openAdminAudit(dataDir)
  const failed = (error: unknown) => log.error({ err: error }, 'an action of an administrator was not made an audit event; it is tried again')
  let brokenFile = 0
  const live = await openLiveTokens(tokenFileOf(dataDir), {
    changed(before, after) {
      const details = changesOf(before, after)
      log.info(details, 'the tokens were read again')
      const self = { actor: 'watchkeeper', actor_source: 'watchkeeper' } as const
      const deed = { action: 'token.reload', object: 'tokens', tenant: DEFAULT_TENANT, ...self, details }
      if (ingests) audit.during(deed, () => undefined).catch(failed)
    },
    broken(error) {
      brokenFile = 1
      log.error({ err: error }, 'the token file cannot be used: the tokens read last stay in force')
    },
    whole() {
      brokenFile = 0
    },
  })
  const spool = await watchSpool(dataDir, {
    take: intake, failed, bad: (file, error) => log.error({ file, err: error }, 'a file in the admin spool is none of ours: it stays there'),
  })
  metrics.getMeter('watchkeeper.collector').createObservableGauge('watchkeeper.collector.token_file.broken', {
    description: '1 while the token file cannot be used and the tokens read last stay in force',
  }).addCallback((result) => result.observe(brokenFile))
  const { entries, now } = entriesOf(config, () => live.current())
  const telemetry = edgeTelemetry()
  const guard = guardOf(config)
  const index = new TokenIndex(entries)
  return {
    audit, connections: guard, budgets: new Budgets(config.otlp.budget, systemClock, telemetry),
    authenticate: authenticator({
      tokens: entries, clients: clientsOf(config), now, refused: (name, trouble) => telemetry.refusedToken(name, trouble),
    }),
    apiCaller(token) {
      index.refresh()
      const found = index.find(token)
      const scope = found === undefined ? undefined : apiScopeOf(found.scopes ?? [])
      if (found === undefined || scope === undefined || troubleOf(found, undefined, now()) !== undefined) return undefined
      return { name: found.name, scope, tenant: found.tenant }
    },
    async close() {
      guard.stop()
      await live.close()
      await spool.close()
    },
  }
}
