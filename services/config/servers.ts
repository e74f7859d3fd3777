/** Addresses of the large form: a Kafka cluster and a ClickHouse server. Where they are absent, both are in the process. */
import { isIP } from 'node:net'
import { z } from 'zod'

const file = z.string().min(1)
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be 1 to 63 of A-Z a-z 0-9 . _ -')
const HOST_PORT = /^(\[[0-9a-fA-F:]+\]|[^:\s/,]+):\d{1,5}$/

const ClientTls = z.strictObject({
  ca: file.optional().describe("PEM file of the authority of the server's certificate; the machine's own where absent"),
  cert: file.optional().describe('PEM file of our client certificate'),
  key: file.optional().describe('PEM file of its private key'),
  server_name: z.string().min(1).refine((given) => isIP(given) === 0, 'must be a name: TLS tells no server an IP address').optional().describe("Name that the server's certificate must have, where it is not the host's"),
}).refine((tls) => (tls.cert === undefined) === (tls.key === undefined), { error: 'needs both of cert and key, or neither', when: () => true })
export type ClientTlsConfig = z.infer<typeof ClientTls>

const Sasl = z.discriminatedUnion('mechanism', [
  z.strictObject({
    mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']),
    username: z.string().min(1).describe('For plain and scram'),
    password_file: file.describe('File that holds the password; for plain and scram'),
  }),
  z.strictObject({
    mechanism: z.literal('oauthbearer'),
    token_file: file.describe('File that holds the token, read again for each connection; for oauthbearer'),
  }),
])

/** A service manager starts a process again that ended, and says so: waiting for ever would hide what is wrong. */
const startWait = z.number().min(0).max(86_400).default(60)

export const Kafka = z.strictObject({
  brokers: z.array(z.string().regex(HOST_PORT, 'must be HOST:PORT')).min(1).describe('Some of the brokers; the others are learnt from them'),
  prefix: z.string().regex(/^[A-Za-z0-9._-]{0,100}$/, 'must be at most 100 of A-Z a-z 0-9 . _ -').default('watchkeeper.')
    .describe('In front of every topic and group name, so that a cluster can be shared'),
  partitions: z.number().int().min(1).max(1_024).default(8).describe('Partitions of every topic, and so the most processes of a service that have work'),
  replication: z.number().int().min(1).max(10).optional().describe("Copies of each partition; the brokers' default where absent"),
  retention_bytes: z.number().int().min(167_772_160).default(107_374_182_400)
    .describe('Size of topic events, all partitions, above which the oldest is let go, read or not; a tenth of it for each other topic'),
  retention_hours: z.number().min(1).default(168).describe('Age above which records are let go, read or not'),
  compression: z.enum(['none', 'gzip', 'zstd']).default('none')
    .describe('Of what we write; zstd needs Node 22.15 or newer. With bus.sealed none saves anything: what is encrypted does not shrink'),
  instance: name.optional().describe('Name of this process; two living ones of one name are refused. Not checked where absent'),
  start_wait_seconds: startWait.describe('How long a start waits for brokers of which none answers; then the process ends with exit code 1'),
  tls: ClientTls.optional().describe("An empty map is TLS with the machine's own authorities"),
  sasl: Sasl.optional(),
})
export type KafkaConfig = z.infer<typeof Kafka>

export const ClickHouse = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).refine((url) => !/^https?:\/\/[^/]*@/i.test(url), 'must hold no user or password: set user and password_file')
    .describe('HTTP interface of the server, such as https://clickhouse.example.org:8443'),
  user: z.string().min(1).max(128).default('watchkeeper_writer').describe('Who writes'),
  password_file: file.optional().describe('File that holds the password'),
  tls: ClientTls.optional().describe('For https'),
  connect_timeout_seconds: z.number().min(1).max(60).default(5).describe('Until a connection must stand'),
  start_wait_seconds: startWait.describe('How long a start waits for a server that does not answer; then the process ends with exit code 1'),
  request_timeout_seconds: z.number().min(1).max(600).default(30).describe('Until an insert or a query must be answered'),
})
export type ClickHouseConfig = z.infer<typeof ClickHouse>
