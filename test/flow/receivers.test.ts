/** The life of an alert as each receiver sees it: found, acknowledged and resolved by a person, over the real log and over the wire, with a new start between. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import type { AlertOrder } from '../../schemas/alert-order.ts'
import { exampleFinding } from '../../schemas/finding.ts'
import type { Bus, Service } from '../../schemas/ports.ts'
import { alerts, deliveries, desk, findings, type Topic } from '../../schemas/topics.ts'
import { createAlerter } from '../../services/alerter/service.ts'
import { Alerting } from '../../services/config/alerting.ts'
import { openReceivers } from '../../services/wiring/receivers.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const secret = `whsec_${randomBytes(32).toString('base64')}`

interface Got {
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: Record<string, unknown>
  readonly text: string
}

let directory: string
let bus: Bus
let server: Server
let base: string
let got: Got[]
let running: Service | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'watchkeeper-life-'))
  bus = await openEmbeddedLog({ directory: join(directory, 'log'), partitions: 1, clock })
  got = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const text = Buffer.concat(chunks).toString()
      got.push({ path: request.url ?? '', headers: request.headers as Record<string, string>, body: JSON.parse(text) as Record<string, unknown>, text })
      response.writeHead(202).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  await running?.stop()
  server.closeAllConnections()
  server.close()
  await bus.close()
  await rm(directory, { recursive: true, force: true })
})

const alerting = () => Alerting.parse({
  labels: { environment: 'test' }, console_url: 'https://watchkeeper.example.org',
  receivers: [
    { type: 'webhook', name: 'hook', url: `${base}/hook`, secret }, { type: 'slack', name: 'chat', url: `${base}/slack` }, { type: 'teams', name: 'room', url: `${base}/teams` },
    { type: 'pagerduty', name: 'pager', url: `${base}/pager`, key: 'keyoftheservice' }, { type: 'opsgenie', name: 'ops', url: `${base}/ops`, key: 'keyoftheteam' },
    { type: 'alertmanager', name: 'am', url: `${base}/am` }, { type: 'ocsf', name: 'siem', url: `${base}/ocsf` },
  ].map((one) => ({ ...one, allow_private: true })),
})

async function start(): Promise<void> {
  const config = alerting()
  const snapshots = await openFileSnapshots(join(directory, 'snapshots'), ({ name }) => expect.fail(`${name} is damaged`))
  running = createAlerter(
    { groupWaitSeconds: 0, groupIntervalSeconds: 1, resolveAfterHours: 24, labels: config.labels, consoleUrl: config.console_url },
    { bus, snapshots, clock, notifiers: openReceivers(config, { clock, log: quiet }).notifiers, log: quiet, redact: (_tenant, text) => text },
  )
  await running.start()
}

const to = (path: string): Got[] => got.filter((one) => one.path.startsWith(path))

async function listen<T>(topic: Topic<T>, heard: (record: T) => unknown): Promise<void> {
  await bus.subscribe(topic, {
    group: `test-${topic.name}`, gap: async () => {}, failed: (error) => expect.fail(String(error)),
    handle: async (envelopes) => {
      for (const { records } of envelopes) for (const record of records) heard(record)
    },
  })
}
/** What comes behind an order that every kind of order has. */
const ordered = () => ({ order_id: randomBytes(16).toString('hex'), tenant: 'default', by: 'bea', at: clock.now(), expected_version: 0 })

it('is one incident everywhere, from its first message to its last', async () => {
  const ids: string[] = []
  const delivered: string[] = []
  await listen(alerts, ({ alert_id: one }) => ids.push(one))
  await listen(deliveries, ({ receiver, outcome }) => outcome === 'delivered' && delivered.push(receiver))
  await start()
  await bus.publish(findings, [{ key: 'default', record: { ...exampleFinding, severity: 'critical' } }])
  await expect.poll(() => delivered.length).toBe(7)
  const id = ids[0] ?? ''
  const order = (record: AlertOrder): Promise<void> => bus.publish(desk, [{ key: 'default', record }])
  await order({ order: 'acknowledge', ...ordered(), alert_id: id, why: 'I am looking' })
  // An attempt that is under way when the process ends is made again: at least once. Here none is.
  await expect.poll(() => delivered.length).toBe(7 + 6)
  await running?.stop()
  await start()
  await order({ order: 'resolve', ...ordered(), alert_id: id, why: 'our own installer', verdict: 'benign', duplicate_of: '' })
  await expect.poll(() => delivered.length).toBe(7 + 6 + 7)

  expect(new Set(ids)).toEqual(new Set([id]))
  expect(to('/pager').map(({ body }) => [body['event_action'], body['dedup_key'], body['routing_key']])).toEqual(
    ['trigger', 'acknowledge', 'resolve'].map((action) => [action, id, 'keyoftheservice']),
  )
  expect(to('/ops').map(({ path }) => path)).toEqual(['/ops', `/ops/${id}/acknowledge?identifierType=alias`, `/ops/${id}/close?identifierType=alias`])
  expect(to('/am').map(({ body }) => body['status'])).toEqual(['firing', 'resolved'])
  expect(to('/ocsf').map(({ body }) => [body['activity_name'], body['status'], body['verdict']])).toEqual([
    ['Create', 'New', undefined], ['Update', 'In Progress', undefined], ['Close', 'Resolved', 'Benign'],
  ])
  expect(to('/hook').map(({ headers, text }) => (new Webhook(secret).verify(text, headers) as { type: string }).type)).toEqual(['alert.open', 'alert.acknowledged', 'alert.resolved'])
  expect(to('/slack').map(({ body }) => String(body['text']).split(':')[0])).toEqual(['CRITICAL', 'Acknowledged by bea', 'Resolved by bea (harmless)'])
  expect(to('/teams').every(({ text }) => text.includes(`https://watchkeeper.example.org/alerts/${id}`))).toBe(true)
  expect(got.every(({ path, text }) => path.startsWith('/pager') || !text.includes('keyofthe'))).toBe(true)
})
