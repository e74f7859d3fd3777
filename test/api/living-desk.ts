/** Everything from findings to the API in one process: log, tables, alerter, responder, archiver, and the API on a real port. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { openStore } from '../../infra/clickhouse/store.ts'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { startHttpServer } from '../../infra/http/server.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import type { AdminDeed } from '../../schemas/admin-action.ts'
import { exampleFinding, type Finding } from '../../schemas/finding.ts'
import type { Service } from '../../schemas/ports.ts'
import { findings } from '../../schemas/topics.ts'
import { createAlerter } from '../../services/alerter/service.ts'
import type { Caller } from '../../services/api/caller.ts'
import { statusOf } from '../../services/api/status.ts'
import { createArchiver } from '../../services/archiver/service.ts'
import { Alerting } from '../../services/config/alerting.ts'
import { Response as ResponseConfig } from '../../services/config/response.ts'
import { createResponder } from '../../services/response/service.ts'
import { alerterConfigOf } from '../../services/wiring/alerter-config.ts'
import { receiverEntries } from '../../services/wiring/receiver-entries.ts'
import { openReceivers } from '../../services/wiring/receivers.ts'
import { hookEntries, hookOf } from '../../services/wiring/response.ts'
import { apiRig, TOKEN } from './rig.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const clock = { now: () => BigInt(Date.now()) * 1_000_000n }

export interface Heard {
  readonly path: string
  readonly id: string
  readonly body: { readonly type: string; readonly data: Readonly<Record<string, unknown>> }
}

/** Tokens by what they are called: `a-read`, `b-admin`, ... */
export const CALLERS: Readonly<Record<string, Caller>> = Object.fromEntries(['a', 'b'].flatMap((tenant) =>
  (['read', 'triage', 'admin'] as const).map((scope) => [`${tenant}-${scope}`, { name: `${tenant}-${scope}`, scope, tenant }])))

/** A receiver that believes what is signed, and refuses what it is told to refuse. */
async function startHooks(): Promise<{ readonly server: Server; readonly url: string; readonly heard: Heard[]; readonly refuse: Set<string> }> {
  const heard: Heard[] = []
  const refuse = new Set<string>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
      const body = new Webhook(SECRET).verify(Buffer.concat(chunks).toString(), headers) as Heard['body']
      const path = request.url ?? ''
      response.writeHead(refuse.has(path) ? 400 : 200).end('heard')
      heard.push({ path, id: headers['webhook-id'] ?? '', body })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, heard, refuse, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

export async function openDesk() {
  const directory = await mkdtemp(join(tmpdir(), 'wk-desk-'))
  const hooks = await startHooks()
  const bus = await openEmbeddedLog({ directory: join(directory, 'log'), partitions: 1, clock })
  const store = openStore({ directory: join(directory, 'tables'), readers: 2 })
  await store.migrate()
  const snapshots = await openFileSnapshots(join(directory, 'state'), () => undefined)
  const target = { secret: SECRET, allow_private: true }
  const alerting = Alerting.parse({
    group_wait_seconds: 0, group_interval_seconds: 1, receivers: [{ type: 'webhook', name: 'desk', url: `${hooks.url}/desk`, ...target }, { type: 'webhook', name: 'only-b', url: `${hooks.url}/b`, ...target }],
    routes: [{ name: 'b', tenants: ['b'], receivers: ['only-b'] }, { name: 'rest', receivers: ['desk'] }],
  })
  const response = ResponseConfig.parse({ hooks: [
    { name: 'revoke_token', does: 'Revokes a token', url: `${hooks.url}/revoke`, ...target }, { name: 'ticket', does: 'Opens a ticket', url: `${hooks.url}/ticket`, approval: false, ...target },
    { name: 'of_b', does: 'Something of tenant b', url: `${hooks.url}/of-b`, tenants: ['b'], ...target },
  ] })
  const receivers = openReceivers(alerting, { clock, log: quiet })
  const batch = { records: 1_000, milliseconds: 20 }
  const ports = { bus, snapshots, clock, log: quiet, redact: (_tenant: string, text: string) => text }
  const services: Service[] = [
    createArchiver({ events: batch, others: batch }, { bus, store, snapshots, log: quiet }), createAlerter(alerterConfigOf(alerting), { ...ports, notifiers: receivers.notifiers }),
    createResponder({ ...ports, hooks: response.hooks.map((hook) => hookOf(hook, quiet)), lasts: 86_400_000_000_000n }),
  ]
  for (const service of services) await service.start()
  const deeds: AdminDeed[] = []
  const { api } = apiRig({
    bus, store, clock, receivers, configured: receiverEntries(alerting), hooks: hookEntries(response.hooks), lag: () => bus.lag(), failed: (error) => { throw error },
    status: (tenant) => statusOf({
      parts: services, store, lag: () => bus.lag(), now: clock.now, startedAt: clock.now(), versions: {}, disk: async () => ({ directory, free_bytes: 5e9, total_bytes: 1e10, log_bytes: 0, log_max_bytes: 0 }),
    }, tenant),
    audit: {
      async during(deed, work) {
        deeds.push(deed)
        return await work()
      },
    },
  }, CALLERS)
  const server = await startHttpServer({ name: 'API', host: '127.0.0.1', port: 0, maxBodyBytes: 65_536, handle: api.handle })
  let nth = 0
  return {
    bus, store, deeds, heard: hooks.heard, refuse: hooks.refuse, directory, address: `127.0.0.1:${server.address.port}`, token: TOKEN,
    /** A finding of its own; those of one conversation are one alert. */
    async find(change: Partial<Finding>): Promise<void> {
      const finding_id = createHash('sha256').update(`finding ${nth++}`).digest('hex').slice(0, 32)
      const tenant = change.tenant ?? 'a'
      const now = clock.now()
      await bus.publish(findings, [{ key: tenant, record: { ...exampleFinding, finding_id, tenant, window_start: now, window_end: now, created_at: now, ...change } }])
    },
    async close(): Promise<void> {
      await server.stop()
      await api.close()
      for (const service of services.toReversed()) await service.stop()
      receivers.close()
      await bus.close()
      await store.close()
      await new Promise((resolve) => hooks.server.close(resolve))
      await rm(directory, { recursive: true, force: true })
    },
  }
}
export type Desk = Awaited<ReturnType<typeof openDesk>>

export interface Told<B> {
  readonly status: number
  readonly etag: string
  readonly body: B
}

/** Asks over the network, as curl does. */
export async function asked<B>(desk: Desk, line: string, { token = desk.token, body, headers = {} }: { readonly token?: string; readonly body?: unknown; readonly headers?: Record<string, string> } = {}): Promise<Told<B>> {
  const [method = 'GET', path = '/'] = line.split(' ')
  const answer = await fetch(`http://${desk.address}${path}`, { method, headers: { authorization: `Bearer ${token}`, ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const text = await answer.text()
  return { status: answer.status, etag: answer.headers.get('etag') ?? '', body: (text === '' ? undefined : JSON.parse(text)) as B }
}
