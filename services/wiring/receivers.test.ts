import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Alerting } from '../config/alerting.ts'
import { openReceivers } from './receivers.ts'

const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`
const clock = { now: () => BigInt(Date.now()) * 1_000_000n }

interface Got {
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
}

let folder: string
let server: Server
let base: string
let got: Got[]
let said: { level: string; fields: object; message: string }[]
const noted = (level: string) => (fields: object, message: string) => void said.push({ level, fields, message })
const log = { debug: noted('debug'), info: noted('info'), warn: noted('warn'), error: noted('error') }

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watchkeeper-receivers-'))
  got = []
  said = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      got.push({ path: request.url ?? '', headers: request.headers as Record<string, string>, body: Buffer.concat(chunks).toString() })
      response.writeHead(request.url === '/refused' ? 400 : 202).end('thanks')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true, force: true })
})

const openAll = (receivers: readonly object[], more: object = {}) => openReceivers(Alerting.parse({ receivers, labels: { environment: 'test' }, ...more }), { clock, log })
const fileOf = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}
const verified = (secret: string, { body, headers }: Got): unknown => new Webhook(secret).verify(body, headers)
const isBelieved = (secret: string, message: Got): boolean => {
  try {
    verified(secret, message)
    return true
  } catch {
    return false
  }
}

describe('receivers of the configuration', () => {
  it('are each told in their own form, with their own secrets, and a test says that nothing has happened', async () => {
    const secret = newSecret()
    const receivers = openAll([
      { type: 'webhook', name: 'hook', url: `${base}/hook`, secret, allow_private: true },
      { type: 'slack', name: 'chat', url_file: await fileOf('slack', `${base}/slack\n`), allow_private: true },
      { type: 'teams', name: 'room', url: `${base}/teams`, allow_networks: ['127.0.0.0/8'] },
      { type: 'pagerduty', name: 'pager', url: `${base}/pager`, key_file: await fileOf('key', 'R0123456789abcdef0123456789abcde\n'), allow_private: true },
      { type: 'alertmanager', name: 'others', url: `${base}/am`, authorization_file: await fileOf('auth', 'Bearer open-sesame\n'), allow_private: true },
    ])
    for (const name of ['hook', 'chat', 'room', 'pager', 'others']) expect(await receivers.test(name, 'bea')).toMatchObject({ status: 202, text: 'thanks' })
    expect(got.map(({ path }) => path)).toEqual(['/hook', '/slack', '/teams', '/pager', '/am'])
    expect(receivers.notifiers.map(({ receiver, kind }) => `${receiver}: ${kind}`)).toEqual(['hook: webhook', 'chat: slack', 'room: teams', 'pager: pagerduty', 'others: alertmanager'])
    expect(verified(secret, got[0]!)).toMatchObject({ type: 'receiver.test', data: { receiver: 'hook', by: 'bea', labels: { environment: 'test' } } })
    const [, slack, teams, pager, others] = got.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    expect(slack).toMatchObject({ text: expect.stringContaining('test of receiver chat') as string, blocks: expect.any(Array) as object })
    expect(teams).toMatchObject({ type: 'message', attachments: [{ content: { type: 'AdaptiveCard' } }] })
    expect(pager).toMatchObject({ routing_key: 'R0123456789abcdef0123456789abcde', event_action: 'trigger', payload: { severity: 'info' } })
    expect(others).toMatchObject({ version: '4', receiver: 'others' })
    expect(got[4]!.headers['authorization']).toBe('Bearer open-sesame')
  })

  it('keep no key in the body that is kept', async () => {
    const { notifiers } = openAll([{ type: 'pagerduty', name: 'pager', url: `${base}/pager`, key: 'keyoftheservice', allow_private: true }])
    const body = notifiers[0]!.render({ type: 'receiver.test', timestamp: '2026-11-21T00:00:00.000Z', data: { receiver: 'pager', by: 'b', title: 't', labels: {} } })
    expect(body).not.toContain('keyoftheservice')
    await notifiers[0]!.send({ id: 'm', at: 0n, body }, new AbortController().signal)
    expect(got[0]!.body).toContain('keyoftheservice')
  })

  it('say what the receiver said, or why it said nothing', async () => {
    const receivers = openAll([{ type: 'teams', name: 'no', url: `${base}/refused`, allow_private: true }, { type: 'teams', name: 'inside', url: `${base}/teams` }])
    expect(await receivers.test('no', 'bea')).toMatchObject({ status: 400, text: 'thanks' })
    expect(await receivers.test('inside', 'bea')).toMatchObject({ status: 0, text: expect.stringContaining('private address') as string })
    expect(await receivers.test('nobody', 'bea')).toMatchObject({ status: 0, text: 'there is no such receiver' })
    expect(got).toHaveLength(1)
  })
})

describe('secrets in files', () => {
  it('are read again when they are rotated: by another content, by rename, and by a link as Kubernetes does it', async () => {
    const [first, second, third, fourth] = [newSecret(), newSecret(), newSecret(), newSecret()]
    const file = join(folder, 'secret')
    await symlink(await fileOf('v1', first), file)
    const receivers = openAll([{ type: 'webhook', name: 'hook', url: `${base}/`, secret_file: file, allow_private: true }])
    const send = async (): Promise<Got> => {
      await receivers.test('hook', 'bea')
      return got.at(-1)!
    }
    expect(isBelieved(first, await send())).toBe(true)
    await writeFile(join(folder, 'v1'), `${second}\n${first}\n`)
    const both = await send()
    expect([first, second].map((secret) => isBelieved(secret, both))).toEqual([true, true])
    await rename(await fileOf('new', third), join(folder, 'v1'))
    expect([first, second, third].map((secret) => isBelieved(secret, got.at(-1)!))).toEqual([true, true, false])
    const renamed = await send()
    expect([first, second, third].map((secret) => isBelieved(secret, renamed))).toEqual([false, false, true])
    await symlink(await fileOf('v4', fourth), join(folder, 'link'))
    await rename(join(folder, 'link'), file)
    expect(isBelieved(fourth, await send())).toBe(true)
    expect(said.filter(({ message }) => message.includes('is in use'))).toHaveLength(3)
  })

  it('stay in force when the file is spoiled or gone, and that is said once', async () => {
    const secret = newSecret()
    const file = await fileOf('secret', secret)
    const receivers = openAll([{ type: 'webhook', name: 'hook', url: `${base}/`, secret_file: file, allow_private: true }])
    await writeFile(file, 'whsec_tooshort')
    for (const _ of [1, 2]) await receivers.test('hook', 'bea')
    await rm(file)
    for (const _ of [1, 2]) await receivers.test('hook', 'bea')
    expect(got.map((message) => isBelieved(secret, message))).toEqual([true, true, true, true])
    expect(said.filter(({ level }) => level === 'error')).toHaveLength(2)
    expect(JSON.stringify(said)).not.toContain('tooshort')
  })

  it('sign with both secrets of the configuration, too, and with Ed25519', async () => {
    const [fresh, old] = [newSecret(), newSecret()]
    const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const receivers = openAll([
      { type: 'webhook', name: 'both', url: `${base}/`, secret: fresh, previous_secret: old, allow_private: true },
      { type: 'webhook', name: 'asymmetric', url: `${base}/`, signing_key_file: await fileOf('key.pem', pem), previous_secret: old, allow_private: true },
    ])
    await receivers.test('both', 'bea')
    await receivers.test('asymmetric', 'bea')
    expect([fresh, old].map((secret) => isBelieved(secret, got[0]!))).toEqual([true, true])
    expect(got[1]!.headers['webhook-signature']).toMatch(/^v1a,\S+ v1,\S+$/)
    expect(said).toContainEqual({ level: 'info', fields: { receiver: 'asymmetric', public_keys: [expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/)] }, message: expect.any(String) as string })
  })

  it.each([
    ['a webhook without a file', { type: 'webhook', name: 'w', url: 'https://example.org/', secret_file: '/nowhere/secret' }, 'secret_file of receiver w names /nowhere/secret, which cannot be read: ENOENT'],
    ['a webhook with another secret', { type: 'webhook', name: 'w', url: 'https://example.org/', secret_file: 'FILE' }, 'does not hold a webhook secret (whsec_'],
    ['a signing key that is none', { type: 'webhook', name: 'w', url: 'https://example.org/', signing_key_file: 'FILE' }, 'does not hold an Ed25519 private key in PEM'],
    ['an address that is none', { type: 'slack', name: 's', url_file: 'FILE' }, 'url_file of receiver s names FILE, which does not hold an address'],
    ['a key that is none', { type: 'pagerduty', name: 'p', key_file: 'FILE' }, 'which does not hold a key'],
    ['a network that is none', { type: 'teams', name: 't', url: 'https://example.org/', allow_networks: ['intranet'] }, '"intranet" is not a network'],
  ])('end the start with a sentence: %s', async (_what, receiver, sentence) => {
    const file = await fileOf('spoiled', 'not a secret, not a key')
    const named = JSON.parse(JSON.stringify(receiver).replaceAll('FILE', file)) as object
    expect(() => openAll([named])).toThrow(sentence.replaceAll('FILE', file))
    expect(() => openAll([named])).not.toThrow('not a secret, not a key')
  })
})

describe('receivers for a while', () => {
  it('come and go beside those of the configuration', async () => {
    const secret = newSecret()
    const receivers = openAll([])
    receivers.add({ name: 'trial', url: `${base}/`, secret, ttlSeconds: 60 })
    expect(await receivers.test('trial', 'bea')).toMatchObject({ status: 202 })
    expect(isBelieved(secret, got[0]!)).toBe(true)
    expect([receivers.remove('trial'), receivers.remove('trial'), receivers.notifiers.length]).toEqual([true, false, 0])
    receivers.close()
  })

  it('leave one of the configuration of the same name in place', async () => {
    const receivers = openAll([{ type: 'webhook', name: 'desk', url: `${base}/desk`, secret: newSecret(), allow_private: true }])
    receivers.add({ name: 'desk', url: `${base}/trial`, secret: newSecret(), ttlSeconds: 60 })
    expect(receivers.remove('desk')).toBe(true)
    await receivers.test('desk', 'bea')
    expect(got.map(({ path }) => path)).toEqual(['/desk'])
    receivers.close()
  })
})
