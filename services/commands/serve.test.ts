import { expect, it } from 'vitest'
import { Config } from '../config/schema.ts'
import { banner } from './serve.ts'

it('says in one line that a newer Node would carry more, where one would', () => {
  const [older, current] = ['20.20.2', '26.10.0'].map((version) => banner(Config.parse({}), {}, 1_234, version).split('\n'))
  expect(current?.join('\n')).toMatch(/^Watchkeeper is ready after 1\.2 s\./)
  const more = older?.filter((line) => current?.includes(line) !== true)
  expect(more).toEqual([expect.stringMatching(/^ {2}Node {8}20\.20\.2 {3}\(Node 26 is recommended: /)])
  expect(older?.length).toBe((current?.length ?? 0) + 1)
})

it('says the ports that the system chose', () => {
  const config = Config.parse({ otlp: { http: '127.0.0.1:0', grpc: '127.0.0.1:0' }, sql: { listen: '127.0.0.1:0' }, api: { listen: '127.0.0.1:0' } })
  const addresses = { otlp_http: '127.0.0.1:40001', otlp_grpc: '127.0.0.1:40002', sql: '127.0.0.1:40003', api: '127.0.0.1:40004' }
  const said = banner(config, addresses, 1_234, '26.10.0')
  expect(said).not.toMatch(/:0\b/)
  for (const address of Object.values(addresses)) expect(said).toContain(`   ${address}`)
})
