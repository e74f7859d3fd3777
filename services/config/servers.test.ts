import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from './load.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watchkeeper-config-'))
})
afterAll(() => rm(folder, { recursive: true }))

const from = async (yaml: string, environment: Record<string, string> = {}) => {
  const file = join(folder, 'config.yaml')
  await writeFile(file, yaml)
  return loadConfig({ file, environment, flags: [] })
}
const refused = async (yaml: string): Promise<string> => from(yaml).then(() => '', (error: Error) => error.message)

describe('addresses of the large form', () => {
  it('are absent unless somebody gives them: the log and the engine are in the process', async () => {
    const config = await from('{}')
    expect([config.bus.kafka, config.store.clickhouse]).toEqual([undefined, undefined])
  })

  it('need no more than an address each', async () => {
    const { bus, store } = await from('bus: {kafka: {brokers: ["kafka:9092"]}}\nstore: {clickhouse: {url: "https://ch:8443"}}\n')
    expect(bus.kafka).toMatchObject({ brokers: ['kafka:9092'], prefix: 'watchkeeper.', partitions: 8, retention_hours: 168, compression: 'none' })
    expect(bus.kafka?.replication).toBeUndefined()
    expect(store.clickhouse).toMatchObject({ user: 'watchkeeper_writer', request_timeout_seconds: 30 })
  })

  it('come from the environment too, brokers with commas between', async () => {
    const config = await from('bus: {kafka: {brokers: ["file:1"], prefix: file.}}', {
      WATCHKEEPER_KAFKA_BROKERS: 'a:9092, b:9092', WATCHKEEPER_KAFKA_PARTITIONS: '16', WATCHKEEPER_CLICKHOUSE_URL: 'http://ch:8123',
      WATCHKEEPER_CLICKHOUSE_PASSWORD_FILE: '/run/secrets/clickhouse',
    })
    expect(config.bus.kafka).toMatchObject({ brokers: ['a:9092', 'b:9092'], partitions: 16, prefix: 'file.' })
    expect(config.store.clickhouse).toMatchObject({ url: 'http://ch:8123', password_file: '/run/secrets/clickhouse' })
  })

  it('take secrets from files only', async () => {
    const kafka = (sasl: string) => `bus: {kafka: {brokers: ["k:1"], sasl: ${sasl}}}`
    expect(await refused(kafka('{mechanism: scram-sha-512, username: u, password: hunter2}'))).toMatch(/password_file[\s\S]*unknown key "password"/)
    expect(await refused('store: {clickhouse: {url: "https://me:hunter2@ch:8443"}}')).toMatch(/must hold no user or password/)
    const { bus } = await from(kafka('{mechanism: scram-sha-512, username: u, password_file: /p}'))
    expect(bus.kafka?.sasl).toEqual({ mechanism: 'scram-sha-512', username: 'u', password_file: '/p' })
    expect((await from(kafka('{mechanism: oauthbearer, token_file: /t}'))).bus.kafka?.sasl).toEqual({ mechanism: 'oauthbearer', token_file: '/t' })
    expect(await refused(kafka('{mechanism: oauthbearer, username: u}'))).toMatch(/token_file[\s\S]*unknown key "username"/)
  })

  it('are refused with every problem at once, and no value is repeated', async () => {
    const said = await refused([
      'bus: {kafka: {brokers: ["hunter2"], prefix: "a b", partitions: 0, replication: 0, compression: zip, colour: red, tls: {cert: c}, sasl: {mechanism: x}}}',
      'store: {clickhouse: {url: "ftp://hunter2", user: "", tls: {key: k}, request_timeout_seconds: 0}}',
    ].join('\n'))
    for (const part of [
      'bus.kafka.brokers.0: must be HOST:PORT', 'bus.kafka.prefix', 'bus.kafka.partitions', 'bus.kafka.replication', 'bus.kafka.compression', '"colour"',
      'bus.kafka.tls: needs both', 'bus.kafka.sasl', 'store.clickhouse.url', 'store.clickhouse.user', 'store.clickhouse.tls: needs both',
      'store.clickhouse.request_timeout_seconds',
    ]) expect(said).toContain(part)
    expect(said).not.toContain('hunter2')
    expect(await refused('bus: {kafka: {brokers: ["k:1"], tls: {server_name: "10.0.0.5"}}}')).toContain('bus.kafka.tls.server_name: must be a name')
    expect(await refused('bus: {kafka: {brokers: []}}')).toContain('bus.kafka.brokers')
  })
})
