/** The large form as it is handed to a company: what docker-compose.yml says, read by Docker's own reader, and what its files hold. */
import { execFileSync } from 'node:child_process'
import { createHash, createPrivateKey } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { type OtelcolPrograms, otelcolPrograms } from '../../bench/otelcol-process.ts'
import { openEngine } from '../../infra/clickhouse/engine.ts'
import { brokerMissing } from '../../infra/kafka/broker/requirements.ts'
import { startBroker } from '../../infra/kafka/broker/start-broker.ts'
import { DOES } from '../../services/commands/part.ts'
import { migrate } from '../../services/commands/migrate.ts'
import { loadConfig } from '../../services/config/load.ts'
import { configuredTokens } from '../../services/wiring/hashes.ts'
import { startShim } from '../clickhouse-shim/shim.ts'
import { composeMissing, type Model, readCompose, type Service } from './compose-go.ts'

const text = (path: string): string => readFileSync(path, 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'wk-compose-'))
const init = (): string => execFileSync('sh', ['infra/compose/init.sh', folder], { encoding: 'utf8' })
const secret = (name: string): Buffer => readFileSync(join(folder, 'secrets', name))
const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('hex')
beforeAll(() => void init())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const noReader = await composeMissing()
if (noReader !== '') console.warn(noReader)
const programs = await otelcolPrograms()
if (typeof programs === 'string') console.warn(programs)
const noBroker = await brokerMissing()
if (noBroker !== '') console.warn(noBroker)

/** A number of the protocol, which an ES module cannot import from kafkajs by name. */
const BROKER = 4
const OURS = ['collector', 'assembler', 'worker', 'archiver', 'alerter', 'scheduler', 'notary']
const FORMS = [['plain', ['docker-compose.yml']], ['ClickHouse over TLS', ['docker-compose.yml', 'infra/compose/clickhouse-tls.yml']]] as const

describe.skipIf(noReader !== '').each(FORMS)('docker-compose.yml, %s', (_form, files) => {
  let model: Model
  let services: readonly (readonly [string, Service])[]
  beforeAll(async () => {
    model = await readCompose(files)
    services = Object.entries(model.services)
  })
  const those = (found: (service: Service, name: string) => boolean): string[] =>
    services.filter(([name, service]) => found(service, name)).map(([name]) => name)

  it('runs every part of ours as a service that can be scaled', () => {
    for (const part of OURS) expect(model.services[part]?.command, part).toEqual([part])
    expect(OURS).toEqual(Object.keys(DOES))
    expect(model.services['migrate']?.command).toEqual(['migrate'])
    expect(those(({ container_name: name }) => name !== undefined)).toEqual([])
  })

  it('takes every right away, and limits every service', () => {
    expect(those(({ cap_drop: dropped, cap_add: added }) => dropped.join() !== 'ALL' || added.length > 0)).toEqual([])
    expect(those(({ security_opt: options }) => !options.includes('no-new-privileges:true'))).toEqual([])
    expect(those(({ privileged, network_mode: mode }) => privileged || mode !== undefined)).toEqual([])
    expect(those(({ deploy }) => Number(deploy.resources.limits.cpus) <= 0)).toEqual([])
    expect([...OURS, 'gateway', 'migrate'].filter((name) => model.services[name]?.read_only !== true)).toEqual([])
    expect(those(({ restart }, name) => restart !== (name === 'migrate' ? 'on-failure:5' : 'unless-stopped'))).toEqual([])
  })

  it('asks every service that stays whether it is healthy', () => {
    const hasCheck = ({ build, healthcheck }: Service): boolean =>
      healthcheck?.test !== undefined || (build !== undefined && /^HEALTHCHECK /m.test(text(join(build.context, build.dockerfile))))
    expect(those((service) => !hasCheck(service) || service.healthcheck?.disable === true)).toEqual(['migrate'])
  })

  it('pins images by version', () => {
    const bases = ['Dockerfile', 'infra/collector/Dockerfile']
      .flatMap((file) => [...text(file).matchAll(/^(?:FROM|ARG NODE=)\s*([\w./-]+:[\w.-]+)/gm)].map((match) => match[1] ?? ''))
    expect(bases.length).toBe(3)
    for (const image of [...bases, ...services.map(([, service]) => service.image)]) expect(image).toMatch(/:\d+\.\d+\.\d+(\.\d+)?(-[a-z]+)*$/)
  })

  it('publishes OTLP and Grafana on loopback, nothing else', () => {
    const published = services.flatMap(([name, { ports }]) => ports.map(({ host_ip: host, target }) => `${name} ${host} ${target}`))
    expect(published.sort()).toEqual(['gateway 127.0.0.1 4317', 'gateway 127.0.0.1 4318', 'grafana 127.0.0.1 3000'])
  })

  it('lets out who must get out, and gives each network to those who speak on it', () => {
    const open = Object.entries(model.networks).filter(([, { internal }]) => !internal).map(([name]) => name)
    expect(those(({ networks }) => Object.keys(networks).some((name) => open.includes(name))).sort()).toEqual(['alerter', 'gateway', 'grafana', 'notary'])
    const on = (network: string): string[] => those(({ networks }) => network in networks).sort()
    expect(on('bus')).toEqual([...OURS, 'kafka'].sort())
    expect(on('store')).toEqual(['archiver', 'assembler', 'clickhouse', 'grafana', 'migrate', 'notary', 'scheduler'])
    expect(on('ingest')).toEqual(['collector', 'gateway'])
  })

  it('keeps what must stay in named volumes', () => {
    for (const name of ['kafka', 'clickhouse', 'gateway', 'grafana']) {
      const kept = model.services[name]?.volumes.filter(({ type }) => type === 'volume') ?? []
      expect(kept.map(({ source }) => source in model.volumes), name).toEqual([true])
    }
    expect(services.flatMap(([, { volumes }]) => volumes).filter(({ type, read_only: readOnly }) => type === 'bind' && readOnly !== true)).toEqual([])
  })

  it('has secrets in files, each used, none in the environment', () => {
    const used = new Set(services.flatMap(([, { secrets }]) => secrets.map(({ source }) => source)))
    expect([...used].sort()).toEqual(Object.keys(model.secrets).sort())
    const values = services.flatMap(([, { environment }]) => Object.entries(environment)).filter(([name]) => /password|secret|token/i.test(name))
    for (const [name, value] of values) expect(value, name).toMatch(/^\/run\/secrets\//)
  })

  it('names files that are there', () => {
    const made = (file: string): string => file.replace(join(process.cwd(), 'deployment'), folder)
    const files = [...Object.entries(model.configs), ...Object.entries(model.secrets)].filter(([name]) => !/^clickhouse-(cert|key|ca)$/.test(name))
    expect(files.filter(([, { file }]) => !existsSync(made(file)))).toEqual([])
    expect(services.flatMap(([, { volumes }]) => volumes).filter(({ type, source }) => type === 'bind' && !existsSync(source))).toEqual([])
  })

  it('hands each service the secrets that its configuration names', () => {
    const given = (name: string): string[] => model.services[name]?.secrets.map(({ target }) => target) ?? []
    for (const name of ['archiver', 'assembler', 'scheduler', 'notary']) expect(given(name), name).toContain('/run/secrets/clickhouse-writer-password')
    for (const name of OURS) expect(given(name), name).toContain('/run/secrets/sealing-key')
    for (const name of ['collector', 'worker']) expect(given(name), name).toContain('/run/secrets/keyed-hash-key')
    expect(given('collector')).toContain('/run/secrets/gateway-token-sha256')
    // Who checks the token does not hold it.
    expect(those(({ secrets }) => secrets.some(({ source }) => source === 'gateway-token'))).toEqual(['gateway'])
    expect(given('migrate')).toContain(model.services['migrate']?.environment['WATCHKEEPER_CLICKHOUSE_PASSWORD_FILE'])
  })
})

describe('init.sh', () => {
  it('makes a configuration that is right, with the token of the gateway', () => {
    const config = loadConfig({ file: join(folder, 'watchkeeper.yaml'), environment: {}, flags: [] })
    expect(config.bus.kafka?.brokers).toEqual(['kafka:9092'])
    expect(config.store.clickhouse?.user).toBe('watchkeeper_writer')
    expect(config.otlp.tokens).toMatchObject([{ name: 'gateway', tenant: 'default', sha256_file: '/run/secrets/gateway-token-sha256' }])
    const { otlp } = JSON.parse(JSON.stringify(config).replaceAll('/run/secrets', join(folder, 'secrets'))) as typeof config
    expect(configuredTokens({ otlp })).toMatchObject([{ name: 'gateway', tenant: 'default', sha256: sha256(secret('gateway-token')) }])
    for (const name of ['keyed-hash-key', 'sealing-key']) expect(secret(name).length).toBe(32)
    expect(createPrivateKey(secret('notary-key')).asymmetricKeyType).toBe('ed25519')
  })

  it('puts no secret into the configuration, and names only files that are handed out', () => {
    const yaml = text(join(folder, 'watchkeeper.yaml'))
    for (const name of readdirSync(join(folder, 'secrets'))) expect(yaml, name).not.toContain(secret(name).toString('latin1').trim())
    const named = [...yaml.matchAll(/^[^#]*\/run\/secrets\/([\w-]+)/gm)].map((match) => match[1] ?? '')
    expect(named.filter((name) => !existsSync(join(folder, 'secrets', name)))).toEqual([])
    expect(named).toContain('gateway-token-sha256')
  })

  it('gives ClickHouse the hash of each password', () => {
    const found = secret('clickhouse-users').toString().matchAll(/<(\w+)_sha256>([0-9a-f]{64})<\/\1_sha256>/g)
    const hashes = new Map([...found].map((match) => [match[1], match[2]]))
    const users = [...text('infra/compose/clickhouse/users.xml').matchAll(/incl="(\w+)_sha256"/g)].map((match) => match[1])
    expect([...hashes.keys()].sort()).toEqual(users.sort())
    for (const [name, hash] of hashes) expect(sha256(secret(`clickhouse-${name}-password`)), name).toBe(hash)
  })

  it('keeps what is there, and lets nobody else into its folder', () => {
    const names = readdirSync(join(folder, 'secrets'))
    const before = new Map(names.map((name) => [name, sha256(secret(name))]))
    expect(new Set(before.values()).size).toBe(names.length)
    init()
    expect(new Map(names.map((name) => [name, sha256(secret(name))]))).toEqual(before)
    expect([folder, join(folder, 'secrets')].map((path) => statSync(path).mode & 0o077)).toEqual([0, 0])
  })
})

describe('what the containers are given', () => {
  it('migrate: tables on a server that has none, as the owner, and again', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'wk-compose-migrate-'))
    const engine = openEngine({ directory, readers: 1 })
    const shim = await startShim({ engine, password: secret('clickhouse-owner-password').toString() })
    const environment = {
      WATCHKEEPER_CLICKHOUSE_URL: shim.url, WATCHKEEPER_CLICKHOUSE_USER: 'watchkeeper_owner', WATCHKEEPER_LOG_LEVEL: 'silent',
      WATCHKEEPER_CLICKHOUSE_PASSWORD_FILE: join(folder, 'secrets', 'clickhouse-owner-password'),
    }
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
    try {
      for (const _time of [1, 2]) expect(await migrate({ config: join(folder, 'watchkeeper.yaml') })).toBe(0)
      const count = "SELECT count() FROM system.tables WHERE database = 'watchkeeper' AND name IN ('audit_events', 'interactions', 'conservation')"
      expect(String(await engine.read(count, { format: 'TSV' })).trim()).toBe('3')
      vi.stubEnv('WATCHKEEPER_CLICKHOUSE_PASSWORD_FILE', join(folder, 'secrets', 'clickhouse-writer-password'))
      await expect(migrate({ config: join(folder, 'watchkeeper.yaml') })).rejects.toMatchObject({ code: 'store.identity' })
    } finally {
      vi.unstubAllEnvs()
      await shim.stop()
      await engine.close()
      rmSync(directory, { recursive: true, force: true })
    }
  })

  it('ClickHouse: rights that the engine can read', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'wk-compose-engine-'))
    const engine = openEngine({ directory, readers: 1 })
    try {
      const grants = [...text('infra/compose/clickhouse/users.xml').matchAll(/<query>(GRANT [^<]+)<\/query>/g)].map((match) => match[1] ?? '')
      expect(grants.length).toBeGreaterThan(2)
      for (const grant of grants) expect(String(await engine.read(`EXPLAIN AST ${grant} TO someone`, { format: 'TSV' }))).toContain('GrantQuery')
    } finally {
      await engine.close()
      rmSync(directory, { recursive: true, force: true })
    }
  })

  it('Grafana: the same data source over TLS as without', () => {
    const sourceOf = (path: string): Record<string, unknown> =>
      (parse(text(path)) as { datasources: Record<string, unknown>[] }).datasources[0] ?? {}
    const plain = sourceOf('infra/grafana/provisioning/datasources/watchkeeper.yaml')
    const tls = sourceOf('infra/compose/clickhouse/grafana-datasource-tls.yaml')
    expect({ ...tls, jsonData: undefined, secureJsonData: undefined }).toEqual({ ...plain, jsonData: undefined, secureJsonData: undefined })
    expect(tls['jsonData']).toMatchObject({ secure: true, tlsAuthWithCACert: true, port: 9440 })
  })

  it('the Collector: every name that its configuration uses is one that it defines', () => {
    interface Pipeline { receivers: string[]; processors: string[]; exporters: string[] }
    interface Wiring { extensions: string[]; pipelines: Record<string, Pipeline> }
    const config = parse(text('infra/collector/config.yaml')) as Record<string, Record<string, unknown>> & { service: Wiring }
    const KINDS = ['receivers', 'processors', 'exporters'] as const
    const named = (kind: string, names: readonly string[]): string[] => names.map((name) => `${kind}.${name}`)
    const used = Object.values(config.service.pipelines).flatMap((pipeline) => KINDS.flatMap((kind) => named(kind, pipeline[kind])))
    const defined = KINDS.flatMap((kind) => named(kind, Object.keys(config[kind] ?? {})))
    expect(new Set(used)).toEqual(new Set(defined))
    expect(config.service.extensions.sort()).toEqual(Object.keys(config['extensions'] ?? {}).sort())
  })

  it.skipIf(typeof programs === 'string')('the Collector: the official program takes its configuration, and not one with a setting that it does not know', () => {
    const { otelcol } = programs as OtelcolPrograms
    mkdirSync(join(folder, 'queue'), { recursive: true })
    const here = text('infra/collector/config.yaml').replaceAll('/run/secrets', join(folder, 'secrets')).replaceAll('/var/lib/otelcol', join(folder, 'queue'))
    const validate = (name: string, config: string): void => {
      writeFileSync(join(folder, name), config)
      execFileSync(otelcol, ['validate', '--config', join(folder, name)], { stdio: 'pipe' })
    }
    validate('gateway.yaml', here)
    expect(() => validate('unknown.yaml', here.replace('num_consumers', 'consumers'))).toThrow(/consumers/)
  })

  it.skipIf(noBroker !== '')('Kafka: settings with which the real broker starts', { timeout: 120_000 }, async () => {
    const lines = text('infra/compose/kafka/server.properties').split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    const settings = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
    const elsewhere = new Set(['listeners', 'advertised.listeners', 'controller.quorum.voters', 'log.dirs'])
    const broker = await startBroker({ settings: Object.fromEntries(Object.entries(settings).filter(([name]) => !elsewhere.has(name))) })
    const admin = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin()
    try {
      await admin.connect()
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: BROKER, name: '1' }] })
      const inForce = new Map(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]))
      for (const [name, value] of Object.entries(settings)) if (!elsewhere.has(name)) expect(inForce.get(name), name).toBe(value)
    } finally {
      await admin.disconnect()
      await broker.stop()
    }
  })
})
