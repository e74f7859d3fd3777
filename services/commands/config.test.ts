import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { configCheck } from './config.ts'

afterEach(() => vi.restoreAllMocks())

it.each([['one process', {}, 1], ['parts', { bus: { kafka: { brokers: ['k:9092'] } } }, 0]])('names secrets that are not there (%s)', async (_form, more, code) => {
  const folder = mkdtempSync(join(tmpdir(), 'wk-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [config, errors] = [join(folder, 'watchkeeper.yaml'), [] as string[]]
  writeFileSync(config, JSON.stringify({ ...more, data_dir: folder, alerting: { receivers: [{ type: 'slack', name: 'a', url_file: join(folder, 'gone') }] } }))
  vi.spyOn(console, 'error').mockImplementation((text: string) => void errors.push(text))
  vi.spyOn(console, 'log').mockImplementation(() => undefined)
  expect(await configCheck({ config })).toBe(code)
  expect(errors).toEqual([expect.stringContaining(`alerting.receivers[0].url_file names ${join(folder, 'gone')}, which cannot be read: ENOENT`)])
})

it('says first which targets nothing would be sent to, and is content where they are meant', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wk-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [config, address, errors] = [join(folder, 'watchkeeper.yaml'), join(folder, 'slack'), [] as string[]]
  writeFileSync(address, 'https://192.168.1.9/services/x\n')
  vi.spyOn(console, 'error').mockImplementation((text: string) => void errors.push(text))
  vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const check = async (more: object): Promise<number> => {
    const receivers = [
      { type: 'webhook', name: 'hook', url: 'http://10.1.2.3:9000/x', secret, ...more }, { type: 'slack', name: 'chat', url_file: address, ...more },
      { type: 'syslog', name: 'box', host: 'localhost', ...more }, { type: 'webhook', name: 'outside', url: 'https://8.8.8.8/', secret },
    ]
    const hooks = [{ name: 'revoke', does: 'revokes', url: 'http://[::1]:7/', secret, ...more }]
    const anchors = [{ type: 'webhook', name: 'far', url: 'https://127.1/', secret, ...more }]
    writeFileSync(config, JSON.stringify({ data_dir: folder, alerting: { receivers }, response: { hooks }, audit: { anchors } }))
    return configCheck({ config })
  }
  expect(await check({})).toBe(1)
  expect(errors.toSorted().map((line) => line.slice(0, line.indexOf(', ')))).toEqual([
    'alerting.receivers[0] (hook) leads to 10.1.2.3', 'alerting.receivers[1] (chat) leads to 192.168.1.9', 'alerting.receivers[2] (box) leads to localhost',
    'audit.anchors[0] (far) leads to 127.0.0.1', 'response.hooks[0] (revoke) leads to ::1',
  ])
  expect(errors[0]).toContain('Set allow_networks or allow_private')
  errors.length = 0
  expect(await check({ allow_private: true })).toBe(0)
  expect(await check({ allow_networks: ['intranet'] })).toBe(1)
  expect(errors[0]).toContain('allow_networks: "intranet" is not a network')
})
