/** The configuration, one strict schema: unknown keys and bad values fail at start, all at once. The reference table is generated from it. */
import { isIP } from 'node:net'
import { z } from 'zod'
import { subjectOf } from '../../schemas/peer-certificate.ts'
import { Budget } from '../../schemas/token-record.ts'
import { SqlConfig } from '../sql/config.ts'
import { Alerting } from './alerting.ts'
import { Audit } from './audit.ts'
import { Detection } from './maintenance.ts'
import { PolicyPlaces } from './policy.ts'
import { Redaction } from './redaction.ts'
import { Retention } from './retention.ts'
import { Response } from './response.ts'
import { Reports } from './reports.ts'
import { ClickHouse, Kafka } from './servers.ts'

const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^:\s/]+):\d{1,5}$/, { error: 'must be HOST:PORT, such as 127.0.0.1:4318', abort: true })
  .refine((value) => Number(value.slice(value.lastIndexOf(':') + 1)) <= 65_535, 'has a port above 65535')
const file = z.string().min(1)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 as 64 lower-case hex digits')
const tenant = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z 0-9 _ -')
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be 1 to 63 of A-Z a-z 0-9 . _ -')

const Tls = z.strictObject({
  key: file.describe('PEM file of the private key'),
  cert: file.describe('PEM file of the certificate chain'),
  client_ca: file.optional().describe('PEM file of the authority whose client certificates are required'),
})

const Client = z.strictObject({
  name: name.describe('For logs, metrics and budgets'),
  tenant,
  fingerprint_sha256: z.string().transform((text) => text.replaceAll(':', '').toLowerCase()).pipe(sha256).optional()
    .describe('SHA-256 of the certificate, as openssl x509 -fingerprint -sha256 prints it'),
  subject: z.string().refine((text) => subjectOf(text) !== undefined, 'must be a subject such as CN=agents,O=Example').optional()
    .describe('Whole subject of the certificate, in any order'),
  budget: Budget.optional(),
}).refine(
  (client) => (client.subject === undefined) !== (client.fingerprint_sha256 === undefined), 'needs exactly one of subject and fingerprint_sha256',
)

const OtlpTls = Tls.extend({
  clients: z.array(Client).default([]).describe('Client certificates that stand for a tenant without a token; all others then need one'),
}).refine((tls) => tls.clients.length === 0 || tls.client_ca !== undefined, 'clients need client_ca: only then is a certificate checked')

const Token = z.strictObject({
  name, sha256: sha256.optional(), sha256_file: file.optional().describe('File that holds the SHA-256, instead of sha256'), tenant, budget: Budget.optional(),
}).refine((token) => (token.sha256 === undefined) !== (token.sha256_file === undefined), 'needs exactly one of sha256 and sha256_file')

const seconds = (least: number, most: number) => z.number().min(least).max(most)

const OtlpLimits = z.strictObject({
  connections: z.number().int().min(1).max(65_536).default(2_048)
    .describe('Connections of HTTP and gRPC together; over it the oldest that has sent nothing useful goes'),
  connections_per_address: z.number().int().min(1).max(65_536).default(512).describe('The same for one address; does not count behind a TLS proxy'),
  head_seconds: seconds(0.1, 300).default(10).describe('Until a connection has sent the head of a request that may be sent'),
  body_seconds: seconds(0.1, 3_600).default(120).describe('Until the body of a request is there'),
  min_body_bytes_per_second: z.number().int().min(1).max(1e9).default(1_024)
    .describe('A body that comes slower than this, after five seconds, is given up'),
  idle_seconds: seconds(1, 86_400).default(300).describe('How long a connection may be without any request'),
  connection_age_seconds: seconds(1, 604_800).default(3_600).describe('After so long a gRPC connection is asked to come anew, so that load spreads'),
  streams_per_connection: z.number().int().min(1).max(1_000).default(32).describe('Calls at the same time on one gRPC connection'),
})

const Otlp = z.strictObject({
  http: address.default('127.0.0.1:4318').describe('Where OTLP/HTTP listens'),
  grpc: address.default('127.0.0.1:4317').describe('Where OTLP/gRPC listens'),
  tls: OtlpTls.optional().describe('Required off loopback'),
  tokens: z.array(Token).default([]).describe(
    'Bearer tokens that may send, as SHA-256; each belongs to one tenant. `watchkeeper token` keeps others, that can end and be revoked',
  ),
  budget: Budget.prefault({})
    .describe('How much each token or client may send, where it has no budget of its own; a number that is absent does not limit'),
  limits: OtlpLimits.prefault({}),
  behind_tls_proxy: z.boolean().default(false).describe('A proxy in front ends TLS; tokens are still needed'),
  max_body_bytes: z.number().int().min(1_048_576).max(268_435_456).default(67_108_864).describe('Largest request after inflating'),
  mcp_paths: z.array(z.string().startsWith('/')).default(['/mcp', '/sse', '/messages']).describe(
    'HTTP paths that are MCP endpoints: their spans are kept whatever their status',
  ),
})

const Sql = z.strictObject({
  listen: address.default('127.0.0.1:8123').describe('Where the ClickHouse HTTP interface listens'),
  tls: Tls.optional().describe('Required off loopback'),
  concurrency: z.number().int().min(1).max(64).default(4).describe('Queries that run at the same time; others wait'),
  ...SqlConfig.shape,
})

const Api = z.strictObject({
  listen: address.default('127.0.0.1:8080').describe('Where health, metrics and the API listen; off loopback metrics need a token as well'),
  tls: Tls.optional().describe('Required off loopback'),
  url: z.url({ protocol: /^https$/, error: 'must be https://HOST:PORT' }).optional()
    .describe('Where commands ask, if not at api.listen: https://HOST:PORT of another machine, with the token in WATCHKEEPER_API_TOKEN'),
})

const Bus = z.strictObject({
  partitions: z.number().int().min(1).max(64).default(1).describe('Partitions of every topic; may only grow on an empty log'),
  max_bytes: z.number().int().min(67_108_864).default(21_474_836_480).describe('Size at which the log refuses more (429/503 to exporters)'),
  retention_bytes: z.number().int().min(167_772_160).default(10_737_418_240).describe(
    'Size of topic events above which what every reader has done is let go; a tenth of it for each other topic',
  ),
  retention_hours: z.number().min(1).default(168).describe('Age above which what every reader has done is let go'),
  commit_limit_seconds: z.number().min(1).max(3_600).default(30).describe(
    'A commit of the log that has not ended by then never will: the process refuses, says so and ends with 142, to be started again; far above what a slow disk needs',
  ),
  sealed: z.boolean().default(true).describe(
    'Everything on the log or on Kafka is encrypted (AES-256-GCM) under keys that an erasure destroys; they lie in keys/log of data_dir, or on Kafka, wrapped with keys.sealing_key_file; docs/retention.md',
  ),
  kafka: Kafka.optional().describe('Kafka in place of the embedded log: then nothing else under bus but sealed counts'),
})

const Keys = z.strictObject({
  keyed_hash_file: file.optional()
    .describe('File of 32 random bytes behind fingerprints and redactions, the same for all processes; in data_dir, made at need, where absent'),
  sealing_key_file: file.optional()
    .describe('File of 32 random bytes that wraps the keys which the log is sealed with (bus.sealed), the same for all processes on one Kafka; in data_dir, made at need, where absent'),
})

const called = z.string().min(1).max(256)

const Identity = z.strictObject({
  name: called.describe('What the actor is called in interactions, findings and alerts'),
  kind: z.enum(['person', 'service']).describe('A service keeps other hours than people and is compared with services; it may be an OAuth client too'),
  tenant: tenant.default('default'),
  aliases: z.array(called).default([]).describe('What emitters call it besides: account ids, addresses, user names; upper and lower case are the same'),
  groups: z.array(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z 0-9 _ -')).default([]).describe('Groups that it is in, for policies'),
})

/** Which of two entries is meant could not be told. */
function eachOnce(identities: readonly z.infer<typeof Identity>[], context: z.RefinementCtx): void {
  const owners = new Map<string, string>()
  for (const [at, { tenant: whose, name: own, aliases }] of identities.entries()) {
    for (const said of new Set([own, ...aliases].map((one) => one.toLowerCase()))) {
      const owner = owners.get(`${whose} ${said}`)
      if (owner !== undefined) context.addIssue({ code: 'custom', path: [at], message: `has a name or alias that is also one of identity ${owner}: leave it at one of them` })
      else owners.set(`${whose} ${said}`, String(at))
    }
  }
}

const isNetwork = (text: string): boolean => {
  const [address = '', prefix, ...more] = text.split('/')
  const bits = isIP(address) === 6 ? 128 : 32
  return isIP(address) !== 0 && more.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
}

const Place = z.strictObject({
  mmdb: z.array(file).max(16).default([])
    .describe('MMDB files (MaxMind, DB-IP, IPinfo) with country, network or hosting of addresses; the first that knows counts. Read again when replaced'),
  trusted_proxies: z.array(z.string().refine(isNetwork, 'must be an address or a network such as 10.0.0.0/8')).default([])
    .describe('Reverse proxies whose forwarded header counts, from its right end to the first address that is none of them'),
  forwarded_header: z.enum(['x-forwarded-for', 'forwarded']).default('x-forwarded-for').describe('The header that they add to; the other one is not read'),
  exporter_is_caller: z.array(z.string().min(1)).default([])
    .describe('Sources (service.name) that export from where the caller is, without a collector between: their connection\'s address is the client address'),
})

const Assembler = z.strictObject({
  quiet_seconds: z.number().min(0.1).max(600).default(10).describe('Quiet time after which a call is published as it is'),
  lineage_minutes: z.number().min(1).max(240).default(15).describe('How long a trace is kept for late parts'),
  max_spans: z.number().int().min(1_000).default(250_000).describe('Most spans held, in all partitions together, about 1 KB each; over its share of that a partition publishes the oldest trace of the tenant that has most, as it is'),
  max_spans_per_tenant: z.number().int().min(1_000).default(250_000).describe('The same for one tenant: its oldest trace goes'),
  max_spans_per_trace: z.number().int().min(100).default(20_000).describe('The same for one trace'),
  max_related_calls: z.number().int().min(100).default(50_000)
    .describe('Most calls held, in all partitions together, to meet those of other traces, about 1 KB each, once by tool call id and once by conversation'),
  max_calls_per_conversation: z.number().int().min(10).default(200).describe('The same for one conversation; over it the oldest are not judged again'),
  max_conversation_characters: z.number().int().min(1_000).default(65_536)
    .describe('Most characters of turns and results held of a conversation for calls of its other traces'),
})

const Worker = z.strictObject({
  max_keys: z.number().int().min(100).max(10_000_000).default(100_000)
    .describe('Most states held per detector and partition, 0.6 to 2.5 KB each; over it the least recently used goes'),
  warm_up_days: z.number().min(0).max(400).default(30)
    .describe('How much of the archive detectors learn from where they have no state: at first start, new detectors, new versions of one. 0: they begin with nothing'),
  warm_up_interactions: z.number().int().min(1_000).max(100_000_000).default(1_000_000).describe('At most about so many interactions, the latest ones'),
  warm_up_seconds: z.number().min(1).max(86_400).default(600).describe('After so long of reading a detector goes on with what it has learned until then; meanwhile what needs state is judged later'),
})

const Traces = z.strictObject({
  otlp_endpoint: z.url({ protocol: /^https?$/ }).refine(
    (url) => !/^https?:\/\/[^/]*@/i.test(url), 'must hold no password: set OTEL_EXPORTER_OTLP_HEADERS',
  ).optional()
    .describe('OTLP/HTTP receiver of our own spans, without /v1/traces; off where absent. Headers come from OTEL_EXPORTER_OTLP_HEADERS'),
  sample_ratio: z.number().min(0).max(1).default(1).describe('Part of our own traces that is kept'),
  join_callers: z.boolean().default(false).describe(
    "Our spans join the traces of those who send and query, and their sampling; else they only link to them",
  ),
})

export const Config = z.strictObject({
  data_dir: z.string().min(1).default('data').describe('Where the log, the tables, snapshots and keys live'),
  otlp: Otlp.prefault({}),
  sql: Sql.prefault({}),
  api: Api.prefault({}),
  bus: Bus.prefault({}),
  store: z.strictObject({
    clickhouse: ClickHouse.optional().describe('A ClickHouse server in place of the engine in the process: then it is asked itself, and there is no SQL door'),
  }).prefault({}),
  keys: Keys.prefault({}),
  redaction: Redaction.prefault({}),
  identities: z.array(Identity).default([]).superRefine(eachOnce)
    .describe('People and services that are known: one actor each, whatever emitters call it. The same for all assemblers; audit_events keeps what was said'),
  place: Place.prefault({}),
  assembler: Assembler.prefault({}),
  worker: Worker.prefault({}),
  detection: Detection.prefault({}),
  response: Response.prefault({}),
  audit: Audit.prefault({}),
  retention: Retention.prefault({}),
  reports: Reports.prefault({}),
  policy: PolicyPlaces.prefault({}),
  detectors: z.record(z.string(), z.record(z.string(), z.unknown())).default({}).describe('Parameters by detector; see the README of each'),
  alerting: Alerting.prefault({}),
  telemetry: z.strictObject({ traces: Traces.prefault({}) }).prefault({}),
  log: z.strictObject(
    { level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('Least level of our own log') },
  ).prefault({}),
})
export type Config = z.infer<typeof Config>
export type TlsConfig = z.infer<typeof Tls>
