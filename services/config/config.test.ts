import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COSIGNATURE, verifierKey } from '../../schemas/note.ts'
import { hostPort, loadConfig, masked } from './load.ts'
import { configurationReference } from './reference.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watchkeeper-config-'))
})
afterAll(() => rm(folder, { recursive: true }))

const from = async (yaml: string, environment: Record<string, string> = {}, flags: { path: string[]; value: string }[] = []) => {
  const file = join(folder, 'config.yaml')
  await writeFile(file, yaml)
  return loadConfig({ file, environment, flags })
}

describe('configuration', () => {
  it('has a default for everything', () => {
    const config = loadConfig({ environment: {}, flags: [] })
    expect(config.otlp.http).toBe('127.0.0.1:4318')
    expect(config.alerting.group_wait_seconds).toBe(15)
  })

  it('takes flags over environment over file', async () => {
    const yaml = 'data_dir: from-file\notlp: {http: "127.0.0.1:1", grpc: "127.0.0.1:2"}\n'
    const config = await from(yaml, { WATCHKEEPER_OTLP_HTTP: '127.0.0.1:3', WATCHKEEPER_OTLP_GRPC: '127.0.0.1:4' }, [{
      path: ['otlp', 'grpc'], value: '127.0.0.1:5',
    }])
    expect([config.data_dir, config.otlp.http, config.otlp.grpc]).toEqual(['from-file', '127.0.0.1:3', '127.0.0.1:5'])
  })

  it('reads numbers from the environment, and says where one is none', () => {
    const of = (environment: Record<string, string>) => loadConfig({ environment, flags: [] })
    const config = of({
      WATCHKEEPER_WORKER_MAX_KEYS: '5000', WATCHKEEPER_TRACES_SAMPLE_RATIO: '0.25', WATCHKEEPER_TRACES_ENDPOINT: 'http://127.0.0.1:4318',
    })
    expect([config.worker.max_keys, config.telemetry.traces]).toEqual([
      5000, { otlp_endpoint: 'http://127.0.0.1:4318', sample_ratio: 0.25, join_callers: false },
    ])
    expect(() => of({ WATCHKEEPER_WORKER_MAX_KEYS: 'many' })).toThrow(/worker\.max_keys/)
    expect(() => of({ WATCHKEEPER_TRACES_SAMPLE_RATIO: '1.5' })).toThrow(/telemetry\.traces\.sample_ratio/)
  })

  it('leaves own traces off, and takes no password in their address', async () => {
    expect(loadConfig({ environment: {}, flags: [] }).telemetry.traces.otlp_endpoint).toBeUndefined()
    await expect(
      from('telemetry: {traces: {otlp_endpoint: "https://me:hunter2@collector.example.org"}}'),
    ).rejects.toThrow(/OTEL_EXPORTER_OTLP_HEADERS/)
    await expect(from('telemetry: {traces: {otlp_endpoint: "file:///etc/passwd"}}')).rejects.toThrow(/otlp_endpoint/)
  })

  it('names every problem at once and repeats no value', async () => {
    const yaml = 'colour: red\notlp: {http: nowhere, tokens: [{name: a, sha256: hunter2hunter2, tenant: A!}]}\n' +
      'alerting: {webhooks: [{name: x, url: "ftp://x"}]}\n'
    const problem = await from(yaml).catch((error: Error) => error.message)
    for (const part of [
      'unknown key "colour"', 'otlp.http: must be HOST:PORT', 'otlp.tokens.0.sha256', 'otlp.tokens.0.tenant', 'alerting.webhooks.0.url',
    ]) expect(problem).toContain(part)
    expect(problem).not.toContain('hunter2')
  })

  it('takes people and services, and refuses a name that stands for two', async () => {
    const { identities } = await from('identities: [{name: anna@example.com, kind: person, aliases: [u-1]}, {name: u-1, kind: service, tenant: other}]')
    expect(identities).toEqual([
      { name: 'anna@example.com', kind: 'person', tenant: 'default', aliases: ['u-1'], groups: [] }, { name: 'u-1', kind: 'service', tenant: 'other', aliases: [], groups: [] },
    ])
    await expect(from('identities: [{name: anna, kind: person, aliases: [U-1]}, {name: berta, kind: person, aliases: [u-1]}]'))
      .rejects.toThrow(/identities\.1.*also one of identity 0/)
    await expect(from('identities: [{name: anna, kind: robot}]')).rejects.toThrow(/identities\.0\.kind/)
    await expect(from('identities: [{name: "", kind: person}]')).rejects.toThrow(/identities\.0\.name/)
    expect((await from('identities: [{name: anna, kind: person, aliases: [ANNA, anna]}]')).identities).toHaveLength(1)
  })

  it('says which file is missing or no YAML', async () => {
    expect(() => loadConfig({ file: join(folder, 'none.yaml'), environment: {}, flags: [] })).toThrow(/none\.yaml cannot be read: ENOENT/)
    await expect(from('a: [')).rejects.toThrow(/is not YAML/)
    await expect(from('- 1')).rejects.toThrow(/must hold keys/)
    await expect(from('data_dir: !secret x')).rejects.toThrow(/Unresolved tag: !secret/)
    await expect(from('otlp: {http: x}')).rejects.toThrow(/has 1 problem:\n  - otlp.http: must be HOST:PORT, such as 127.0.0.1:4318$/)
  })

  it('masks the secrets of receivers, and says where they lead', async () => {
    const secret = `whsec_${'b'.repeat(40)}`
    const config = await from(`alerting:
  receivers:
    - {type: slack, name: chat, url: "https://hooks.slack.com/services/T000/B000/tokenoftheroom"}
    - {type: teams, name: room, url: "https://prod-1.westeurope.logic.azure.com/workflows/1/triggers?sig=signatureoftheroom"}
    - {type: pagerduty, name: pager, key: keyoftheservice0123456789}
    - {type: webhook, name: hook, url: "https://user:passwordinside@example.org/in?a=1", secret: ${secret}, previous_secret: ${secret}}
`)
    const shown = JSON.stringify(masked(config))
    for (const hidden of ['tokenoftheroom', 'T000', 'signatureoftheroom', 'keyoftheservice', 'passwordinside', secret]) expect(shown).not.toContain(hidden)
    for (const told of ['https://hooks.slack.com/********', 'https://events.pagerduty.com/v2/enqueue', '@example.org/in?a=1']) expect(shown).toContain(told)
    expect(config.alerting.receivers.map(({ name }) => name)).toEqual(['chat', 'room', 'pager', 'hook'])
  })

  it('takes anchors of each kind, each with a name of its own, and masks what is secret in them', async () => {
    const key = verifierKey('witness.example/w1', generateKeyPairSync('ed25519').publicKey, COSIGNATURE)
    const anchors = (...list: object[]) => from(JSON.stringify({ audit: { anchors: list } }))
    const secret = `whsec_${'A'.repeat(32)}`
    const webhook = { type: 'webhook', name: 'archive', url: 'https://archive.example/x', secret }
    const witness = { type: 'witness', name: 'w', url: 'https://w.example', key }
    const good = await anchors({ type: 'file', name: 'disk', path: '/mnt/worm/log' }, webhook, witness)
    expect(good.audit.anchors.map(({ name, every_seconds: every }) => [name, every])).toEqual([['disk', 10], ['archive', 60], ['w', 60]])
    expect(JSON.stringify(masked(good))).not.toContain(secret)
    await expect(anchors(webhook, { type: 'file', name: 'archive', path: 'x' })).rejects.toThrow(/audit\.anchors\.1\.name.*another anchor/)
    await expect(anchors({ ...webhook, secret_file: 'x' })).rejects.toThrow(/exactly one of secret and secret_file/)
    await expect(anchors({ ...witness, key: key.replace(/\+[0-9a-f]{8}\+/, '+00000000+') })).rejects.toThrow(/verifier key/)
  })

  it('masks secrets for people', async () => {
    const secret = `whsec_${'a'.repeat(40)}`
    const config = await from(`alerting: {webhooks: [{name: hook, url: "https://example.org/x", secret: ${secret}}]}\n`)
    expect(JSON.stringify(masked(config))).not.toContain(secret)
    expect(config.alerting.webhooks[0]?.secret).toBe(secret)
  })

  it('splits addresses of both families', () => {
    expect(hostPort('[::1]:80')).toEqual({ host: '::1', port: 80 })
    expect(hostPort('localhost:4318')).toEqual({ host: 'localhost', port: 4318 })
  })

  it('has a reference page that is true', () => {
    expect(readFileSync('docs/configuration.md', 'utf8')).toBe(configurationReference())
  })
})
