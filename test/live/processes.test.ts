/** The large form: each part a process of its own on a real Kafka broker; recorded requests in, rows and one signed message out. */
import { randomBytes } from 'node:crypto'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bodyTemplate, freshBody, SPANS } from '../../bench/otlp-body.ts'
import { type Engine, openEngine } from '../../infra/clickhouse/engine.ts'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { recordings } from '../../services/demo/recordings.ts'
import { type Shim, startShim } from '../clickhouse-shim/shim.ts'
import { filesWith } from '../contract/files-with.ts'
import { endPart, type PartProcess, startPart } from './part-process.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const CLI = join(process.cwd(), 'dist/services/cli.js')
const PARTS = ['collector', 'assembler', 'worker', 'archiver', 'alerter', 'scheduler'] as const
const missing = await brokerMissing()
if (missing !== '') console.warn(`skipped: ${missing}`)

interface Outcome {
  readonly status: number
  readonly retryAfter: string | undefined
  /** Of a connection that could not be made, or that ended without an answer. */
  readonly error: string
  /** Whether the connection was one that had answered before: on a new one nobody may have listened any more. */
  readonly reused: boolean
}

const OFFERED = 'SELECT emitter, kind, count(), uniqExact(definition_hash) FROM watchkeeper.tool_inventory GROUP BY emitter, kind'

/** Requests that were taken and not answered. */
const unanswered = (outcomes: readonly Outcome[]): readonly Outcome[] => outcomes.filter(({ error, reused }) => error !== '' && reused)

describe.skipIf(missing !== '')('parts as processes', () => {
  let broker: Broker
  let hook: Server
  let folder = ''
  const received: { readonly type: string }[] = []
  const running = new Map<string, PartProcess>()
  /** Where the one that runs keeps its data. */
  const homes = new Map<string, string>()

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-parts-'))
    broker = await startBroker()
    hook = createServer((incoming, response) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]))
        received.push(new Webhook(SECRET).verify(Buffer.concat(chunks).toString(), headers) as { type: string })
        response.end()
      })
    })
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
    for (const name of ['key', 'sealing-key']) writeFileSync(join(folder, name), randomBytes(32))
    writeFileSync(join(folder, 'secret'), `${SECRET}\n`)
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify({
      bus: { kafka: { brokers: [broker.bootstrap], prefix: 'parts.', partitions: 2 } },
      keys: { keyed_hash_file: join(folder, 'key'), sealing_key_file: join(folder, 'sealing-key') },
      assembler: { quiet_seconds: 1 },
      alerting: {
        group_wait_seconds: 1,
        webhooks: [{ name: 'test', url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`, secret_file: join(folder, 'secret'), allow_private: true }],
      },
    }))
    // Together, as a service manager does: each must bear that the topics are being made by another.
    const started = await Promise.allSettled(PARTS.map((part) => begin(part, join(folder, part))))
    for (const result of started) if (result.status === 'rejected') throw result.reason
  }, 240_000)
  afterAll(async () => {
    await Promise.all([...running.values()].map((part) => endPart(part)))
    await broker.stop()
    await new Promise((resolve) => hook.close(resolve))
    rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  const start = (part: string, env?: Readonly<Record<string, string>>): Promise<PartProcess> =>
    startPart({ part, config: join(folder, 'config.yaml'), dataDir: join(folder, part), ...(env === undefined ? {} : { env }) })
  const part = (name: (typeof PARTS)[number]): PartProcess => running.get(name)!

  async function begin(name: string, dataDir: string): Promise<void> {
    running.set(name, await startPart({ part: name, config: join(folder, 'config.yaml'), dataDir }))
    homes.set(name, dataDir)
  }

  async function ask(query: string): Promise<string[][]> {
    const response = await fetch(`${part('archiver').door('sql')}/?default_format=TSV`, { method: 'POST', body: query })
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status}: ${text}`)
    return text.split('\n').filter((line) => line !== '').map((line) => line.split('\t'))
  }

  async function send(emitter: string): Promise<void> {
    for (const { path, contentType, body } of recordings('test/fixtures/otlp').filter((recording) => recording.emitter === emitter)) {
      const response = await fetch(`${part('collector').door('otlp_http')}${path}`, { method: 'POST', body, headers: { 'content-type': contentType } })
      expect(response.status).toBe(200)
    }
  }

  it('each says in one line what it does, and opens no more than it needs', () => {
    for (const name of PARTS) {
      expect(part(name).started).toMatchObject({ service: name, parts: [name], bus: { kind: 'kafka' }, version: expect.stringMatching(/^\d/) as string })
      expect(part(name).lines.filter(({ message }) => message === 'started').length).toBe(1)
    }
    expect(Object.keys(part('collector').started.addresses).sort()).toEqual(['api', 'otlp_grpc', 'otlp_http'])
    expect(Object.keys(part('archiver').started.addresses).sort()).toEqual(['api', 'sql'])
    expect(PARTS.map((name) => [name, part(name).started.store.kind]).filter(([, kind]) => kind !== 'none')).toEqual([['archiver', 'embedded']])
    expect(part('assembler').started.groups).toContain('assembler:events')
    expect(part('alerter').started.groups).toEqual(['alerter:findings'])
    expect([part('collector').started.groups, part('scheduler').started.groups]).toEqual([[], [expect.stringMatching(/^policies~[0-9a-f]{8}:policies$/)]])
  })

  it('makes of a recording the same rows and the one message as a single process', async () => {
    await send('pydantic-ai')
    const counts = "SELECT (SELECT count() FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper'), (SELECT count() FROM watchkeeper.interactions)"
    await expect.poll(() => ask(counts), { timeout: 60_000, interval: 200 }).toEqual([['19', '6']])
    await expect.poll(() => received.map(({ type }) => type), { timeout: 60_000, interval: 200 }).toEqual(['alert.open'])
    const detectors = 'SELECT detector, count() FROM watchkeeper.findings GROUP BY detector ORDER BY detector'
    await expect.poll(() => ask(detectors), { timeout: 30_000, interval: 200 }).toEqual([['unexpected-command', '1'], ['unrequested-action', '1']])
    await expect.poll(() => ask('SELECT outcome, count() FROM watchkeeper.deliveries GROUP BY outcome'), { timeout: 30_000, interval: 200 })
      .toEqual([['delivered', '1']])
    await expect.poll(() => ask(OFFERED), { timeout: 30_000, interval: 200 }).toEqual([['pydantic-ai', 'tool', '3', '3']])
  }, 120_000)

  it('says nothing twice after its assembler, worker and alerter were killed and others took over elsewhere', async () => {
    for (const name of ['assembler', 'worker', 'alerter'] as const) {
      await endPart(part(name), 'SIGKILL')
      // Another directory: what it knows can only come from the cluster.
      await begin(name, join(folder, `${name}-2`))
    }
    await send('pydantic-ai')
    await send('fastmcp')
    await expect.poll(() => ask("SELECT count() FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper'"), { timeout: 60_000, interval: 200 }).toEqual([['85']])
    await expect.poll(() => ask('SELECT count() FROM watchkeeper.interactions'), { timeout: 60_000, interval: 200 }).toEqual([['34']])
    expect(received.length).toBe(1)
    expect(await ask(OFFERED)).toEqual([['pydantic-ai', 'tool', '3', '3']])
  }, 180_000)

  it('tells the lag of all groups at the scheduler', async () => {
    const metrics = async () => await (await fetch(`${part('scheduler').door('api')}/metrics`)).text()
    await expect.poll(metrics, { timeout: 40_000, interval: 500 }).toMatch(/watchkeeper_bus_lag\{[^}]*group="archiver"/)
  }, 60_000)

  it.each(PARTS)('tells at the %s how that process is, and whom to ask for what it does not know', async (name) => {
    const home = homes.get(name)!
    const ask = async (path: string) => {
      const token = readFileSync(join(home, 'keys', 'api.token'), 'utf8').trim()
      const response = await fetch(`${part(name).door('api')}${path}`, { headers: { authorization: `Bearer ${token}` } })
      return { status: response.status, body: await response.json() as Record<string, unknown> }
    }
    const [own, quarantine] = [await ask('/api/status'), await ask('/api/v1/quarantine')]
    expect(own).toMatchObject({ status: 200, body: { versions: { watchkeeper: expect.anything() }, disk: { directory: home } } })
    expect((own.body['lag'] as readonly { readonly group: string }[]).map(({ group }) => group)).toContain('archiver')
    if (name === 'archiver') {
      expect([own.body['sources'], quarantine.status]).toEqual([expect.any(Array), 200])
      return
    }
    expect(own.body['not_known']).toMatch(new RegExp(`^This process \\(${name}\\) reaches no tables: only the archiver does`))
    expect(quarantine).toEqual({ status: 421, body: { error: own.body['not_known'] } })
    const said = await promisify(execFile)(process.execPath, [CLI, 'status', '--data-dir', home, '--api', new URL(part(name).door('api')).host])
    expect(said.stdout).toContain('reaches no tables')
  })

  it('takes orders in a process that reaches no tables, and carries them out where the alerter is', async () => {
    const token = readFileSync(join(homes.get('collector')!, 'keys', 'api.token'), 'utf8').trim()
    const [[id]] = await ask('SELECT alert_id FROM watchkeeper.alerts') as [[string]]
    const order = (body: object) => fetch(`${part('collector').door('api')}/api/v1/alerts/${id}/acknowledge`, {
      method: 'POST', headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body),
    })
    expect((await order({})).status).toBe(400)
    expect((await order({ tenant: 'default', by: 'ann', why: 'on it' })).status).toBe(202)
    await expect.poll(() => ask('SELECT status, status_by, status_why FROM watchkeeper.alerts'), { timeout: 60_000, interval: 200 }).toEqual([['acknowledged', 'ann via api.token', 'on it']])
  }, 90_000)

  it('shares one key: a process with another is refused', async () => {
    writeFileSync(join(folder, 'other-key'), randomBytes(32))
    const other = startPart({ part: 'worker', config: join(folder, 'config.yaml'), dataDir: join(folder, 'w2'), env: { WATCHKEEPER_KEYED_HASH_FILE: join(folder, 'other-key') } })
    await expect(other).rejects.toThrow(/exit 2[\s\S]*not the one that this installation began with/)
  }, 60_000)

  it('leaves nothing on the disks of Kafka that can be read without the key, which a process with another one is told', async () => {
    const [[argument]] = await ask("SELECT arguments FROM watchkeeper.audit_events WHERE length(arguments) > 20 ORDER BY received_at LIMIT 1") as [[string]]
    const words = argument.match(/[A-Za-z0-9_./-]{8,}/g) ?? []
    expect(words.length).toBeGreaterThan(0)
    for (const word of words) expect(filesWith(word, broker.dataDir), word).toEqual([])
    expect(filesWith('WKS1', broker.dataDir).length).toBeGreaterThan(2)
    writeFileSync(join(folder, 'other-sealing-key'), randomBytes(32))
    const refused = (file: string): Promise<unknown> =>
      startPart({ part: 'worker', config: join(folder, 'config.yaml'), dataDir: join(folder, 'w3'), env: { WATCHKEEPER_SEALING_KEY_FILE: join(folder, file) } })
    await expect(refused('other-sealing-key')).rejects.toThrow(/exit 2[\s\S]*not the one that the records on this Kafka are sealed with/)
    await expect(refused('no-such-key')).rejects.toThrow(/exit 2[\s\S]*no-such-key cannot be read/)
    await expect(refused('.')).rejects.toThrow(/exit 2[\s\S]*cannot be read or created \(EISDIR\)/)
  }, 120_000)

  /** Posts on one of the agent's connections. */
  function post(url: string, body: Buffer, agent: Agent): Promise<Outcome> {
    return new Promise((resolve) => {
      const failed = (error: NodeJS.ErrnoException) => resolve({ status: 0, retryAfter: undefined, error: error.code ?? error.message, reused: sent.reusedSocket })
      const sent = request(`${url}/v1/traces`, { method: 'POST', agent, headers: { 'content-type': 'application/x-protobuf', 'content-length': body.length } }, (response) => {
        response.resume().on('error', failed).on('end', () => resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], error: '', reused: sent.reusedSocket }))
      })
      sent.on('error', failed)
      sent.end(body)
    })
  }

  /** Senders in closed loop until the door is shut in their face. */
  async function loadUntilGone(url: string): Promise<{ outcomes: Outcome[]; first: Promise<void>; done: Promise<unknown> }> {
    const agent = new Agent({ keepAlive: true })
    const template = bodyTemplate()
    const outcomes: Outcome[] = []
    let answered = (): void => undefined
    const first = new Promise<void>((resolve) => {
      answered = resolve
    })
    const sender = async (): Promise<void> => {
      for (;;) {
        const outcome = await post(url, freshBody(template, Date.now()), agent)
        outcomes.push(outcome)
        if (outcomes.length >= 20) answered()
        if (outcome.error !== '') return
      }
    }
    return { outcomes, first, done: Promise.all(Array.from({ length: 8 }, sender)).finally(() => agent.destroy()) }
  }

  it('drains under load: every request that it took is answered, and what was answered 200 is stored', async () => {
    const [[before]] = await ask("SELECT count() FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper'") as [[string]]
    const { outcomes, first, done } = await loadUntilGone(part('collector').door('otlp_http'))
    await first
    const { code, ms } = await endPart(part('collector'))
    await done
    const taken = outcomes.filter(({ status }) => status === 200).length
    const others = new Set(outcomes.map(({ status }) => status).filter((status) => ![0, 200, 503].includes(status)))
    expect([code, ms < 10_000, [...others], unanswered(outcomes)]).toEqual([0, true, [], []])
    const stored = async () => Number((await ask("SELECT count() FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper'"))[0]?.[0]) - Number(before)
    await expect.poll(stored, { timeout: 60_000, interval: 500 }).toBeGreaterThanOrEqual(taken * SPANS)
    expect(await stored()).toBeLessThanOrEqual((outcomes.length - 8) * SPANS)
  }, 120_000)

  it('each ends with 0 when it is asked to', async () => {
    running.delete('collector')
    const ended = await Promise.all([...running].map(async ([name, each]) => [name, await endPart(each)] as const))
    running.clear()
    expect(ended.filter(([, { code, ms }]) => code !== 0 || ms > 10_000)).toEqual([])
  }, 60_000)

  it('drains in time while the broker is stalled: what waits for it is told to come again', async () => {
    running.set('collector', await start('collector'))
    const { outcomes, first, done } = await loadUntilGone(part('collector').door('otlp_http'))
    await first
    broker.pause()
    try {
      const { code, ms } = await endPart(part('collector'))
      await done
      expect(ms).toBeLessThan(10_000)
      expect([0, 3]).toContain(code)
      const waited = outcomes.filter(({ status }) => status === 503)
      expect(waited.length).toBeGreaterThan(0)
      expect(waited.every(({ retryAfter }) => Number(retryAfter) >= 1)).toBe(true)
      expect(unanswered(outcomes)).toEqual([])
    } finally {
      broker.resume()
    }
  }, 120_000)
})

describe.skipIf(missing !== '')('everything in one process, with servers of its user', () => {
  let broker: Broker
  let engine: Engine
  let shim: Shim
  let folder = ''
  let server: PartProcess

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-servers-'))
    broker = await startBroker()
    engine = openEngine({ directory: join(folder, 'server'), readers: 2 })
    writeFileSync(join(folder, 'password'), 's3cret\n')
    shim = await startShim({ engine, password: 's3cret' })
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify({
      bus: { kafka: { brokers: [broker.bootstrap], partitions: 1 } }, store: { clickhouse: { url: shim.url, password_file: join(folder, 'password') } },
      assembler: { quiet_seconds: 1 },
    }))
    server = await startPart({ part: 'serve', config: join(folder, 'config.yaml'), dataDir: join(folder, 'data') })
  }, 240_000)
  afterAll(async () => {
    await endPart(server)
    await shim.stop()
    await engine.close()
    await broker.stop()
    rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  it('writes to the server, and leaves its SQL to the server', async () => {
    expect([server.started.bus.kind, server.started.store.kind]).toEqual(['kafka', 'clickhouse'])
    expect(Object.keys(server.started.addresses).sort()).toEqual(['api', 'otlp_grpc', 'otlp_http'])
    for (const { path, contentType, body } of recordings('test/fixtures/otlp').filter(({ emitter }) => emitter === 'pydantic-ai')) {
      expect((await fetch(`${server.door('otlp_http')}${path}`, { method: 'POST', body, headers: { 'content-type': contentType } })).status).toBe(200)
    }
    const counts = "SELECT (SELECT count() FROM watchkeeper.audit_events WHERE emitter != 'watchkeeper'), (SELECT count() FROM watchkeeper.interactions)"
    await expect.poll(async () => (await engine.read(counts, { format: 'TSV' })).toString(), { timeout: 60_000, interval: 200 }).toBe('19\t6\n')
    // Once a minute somebody looks what arrives, and after a look that took a second not before 100 more have gone.
    const covered = "SELECT sum(events), countIf(has(blind_detectors, 'unrequested-action')) FROM watchkeeper.coverage"
    await expect.poll(async () => (await engine.read(covered, { format: 'TSV' })).toString(), { timeout: 300_000, interval: 500 }).toBe('19\t0\n')
    const { stdout } = await promisify(execFile)(process.execPath, [
      CLI, 'coverage', '--json', '--config', join(folder, 'config.yaml'), '--data-dir', join(folder, 'data'), '--api', new URL(server.door('api')).host])
      .catch((error: { stdout: string }) => error)
    expect((JSON.parse(stdout) as { sources: readonly { events: number }[] }).sources.reduce((sum, { events }) => sum + events, 0)).toBe(19)
    expect((await endPart(server)).code).toBe(0)
  }, 420_000)

  it('is looked at by the doctor', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'doctor', '--json', '--config', join(folder, 'config.yaml'), '--data-dir', join(folder, 'd')])
      .catch((error: { stdout: string }) => error)
    const checks = JSON.parse(stdout) as { what: string; ok: boolean; detail: string }[]
    expect(checks.find(({ what }) => what === 'Kafka')).toEqual({ what: 'Kafka', ok: true, detail: `${broker.bootstrap} takes us` })
    expect(checks.find(({ what }) => what === 'ClickHouse')).toMatchObject({ ok: true, detail: expect.stringContaining(shim.url) as string })
    expect(checks.map(({ what }) => what)).not.toContain('SQL')
  }, 60_000)
})

describe('a part alone', () => {
  it('is refused on the embedded log, with a sentence that says what to do', async () => {
    await Promise.all(PARTS.map(async (part) => {
      const { code, said } = await promisify(execFile)(process.execPath, [CLI, part, '--data-dir', join(tmpdir(), 'watchkeeper-never-made')]).then(
        () => ({ code: 0, said: '' }), (error: { code: number; stderr: string }) => ({ code: error.code, said: error.stderr }),
      )
      expect([part, code, said]).toEqual([part, 2, expect.stringMatching(/embedded log has one owner.*watchkeeper serve.*bus\.kafka\.brokers/)])
    }))
  })
})
