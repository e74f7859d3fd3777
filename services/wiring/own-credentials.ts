/** Our own credentials as they are now: tokens, certificates, the API's token. Never more of them than a hash of what is secret. */
import { createHash, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readTokens, tokenFileOf } from '../../infra/guarded-files/token-file.ts'
import { type CredentialRecord, NEVER } from '../../schemas/credential-record.ts'
import type { Log } from '../../schemas/ports.ts'
import type { Config } from '../config/schema.ts'
import { configuredTokens } from './hashes.ts'

const DAY_NS = 86_400_000_000_000n
const FINGERPRINT = 16
const MOST_CERTIFICATES = 20
const ours = 'default'
const nanos = (ms: number): bigint => (Number.isFinite(ms) && ms > 0 ? BigInt(Math.round(ms)) * 1_000_000n : 0n)

type Own = Omit<CredentialRecord, 'day' | 'looked_at'>
const BLANK = { fingerprint: '', holder: '', scopes: [], issued_at: 0n, expires_at: 0n, revoked_at: 0n } as const

async function tokensOf(config: Config): Promise<readonly Own[]> {
  const place = tokenFileOf(config.data_dir)
  const kept = (await readTokens(place)) ?? []
  return [
    ...kept.map(({ name, tenant, sha256, scopes, created_at: created, expires_at: ends, revoked_at: revoked }): Own => ({
      ...BLANK, kind: 'watchkeeper_token', credential: name, tenant, fingerprint: sha256.slice(0, FINGERPRINT), scopes, place, issued_at: nanos(Date.parse(created)),
      expires_at: ends === null ? NEVER : nanos(Date.parse(ends)), revoked_at: revoked === null ? 0n : nanos(Date.parse(revoked)),
    })),
    ...configuredTokens(config).map(({ name, tenant, sha256 }): Own => ({
      ...BLANK, kind: 'watchkeeper_token', credential: name, tenant, fingerprint: sha256.slice(0, FINGERPRINT), scopes: ['ingest'], place: 'configuration', expires_at: NEVER,
    })),
  ]
}

/** Since when its file is as it is. */
async function apiTokenOf({ data_dir: dataDir }: Config): Promise<readonly Own[]> {
  const place = join(dataDir, 'keys', 'api.token')
  const { mtimeMs } = await stat(place)
  return [{ ...BLANK, kind: 'secret', credential: 'api.token', tenant: ours, holder: 'api', scopes: ['api'], place, issued_at: nanos(mtimeMs), expires_at: NEVER }]
}

const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/** Every certificate of a file: authorities in a chain end too. */
async function certificatesIn(place: string, named: Pick<Own, 'kind' | 'credential'>): Promise<readonly Own[]> {
  const found = (await readFile(place, 'utf8')).match(PEM) ?? []
  return found.slice(0, MOST_CERTIFICATES).map((pem): Own => {
    const { subject, validFrom, validTo, raw } = new X509Certificate(pem)
    return {
      ...BLANK, ...named, tenant: ours, place, holder: subject.replaceAll('\n', ', ').slice(0, 256), fingerprint: createHash('sha256').update(raw).digest('hex').slice(0, FINGERPRINT),
      issued_at: nanos(Date.parse(validFrom)), expires_at: nanos(Date.parse(validTo)),
    }
  })
}

const certificateFiles = ({ otlp, sql, bus, store }: Config): readonly (readonly [Pick<Own, 'kind' | 'credential'>, string | undefined])[] => [
  [{ kind: 'certificate', credential: 'otlp.tls' }, otlp.tls?.cert], [{ kind: 'certificate', credential: 'otlp.tls.client_ca' }, otlp.tls?.client_ca], [{ kind: 'certificate', credential: 'sql.tls' }, sql.tls?.cert],
  [{ kind: 'client_certificate', credential: 'bus.kafka.tls' }, bus.kafka?.tls?.cert], [{ kind: 'client_certificate', credential: 'store.clickhouse.tls' }, store.clickhouse?.tls?.cert],
]

/** What cannot be read is said in the log and left out: other processes have files of their own. */
export function ownCredentials(config: Config, log: Log): (now: bigint) => Promise<readonly CredentialRecord[]> {
  const attempt = async (what: string, look: () => Promise<readonly Own[]>): Promise<readonly Own[]> => {
    try {
      return await look()
    } catch (error) {
      log.warn({ what, err: error }, 'a credential of ours cannot be looked at: its age is not known')
      return []
    }
  }
  return async (now) => {
    const files = certificateFiles(config).filter((pair): pair is readonly [Pick<Own, 'kind' | 'credential'>, string] => pair[1] !== undefined)
    const all = await Promise.all([
      attempt('tokens', () => tokensOf(config)), attempt('api.token', () => apiTokenOf(config)), ...files.map(([named, place]) => attempt(named.credential, () => certificatesIn(place, named))),
    ])
    return all.flat().map((record) => ({ ...record, day: now - (now % DAY_NS), looked_at: now }))
  }
}
