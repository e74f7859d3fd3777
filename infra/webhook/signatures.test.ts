/** Signatures of Standard Webhooks 1.0.0, checked by its reference libraries: JavaScript, and Python where there is one. */
import { execFile } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { hostileNotice } from '../../test/receivers/hostile.ts'
import { webhookBody } from '../receivers/webhook/render.ts'
import { signedOutgoing } from './notifier.ts'
import { ed25519, publicKeyOf, sharedSecret, signingKeys } from './sign.ts'

const newSecret = (bytes = 32): string => `whsec_${randomBytes(bytes).toString('base64')}`
const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n
const sent = (signers: Parameters<typeof signedOutgoing>[1], body: string, at = nowNs()) => signedOutgoing('https://example.org/', signers, { id: 'msg_0f1e_2', at, body })

/** As the specification says it, there being no library that checks them: `v1a`, Ed25519 over `id.timestamp.body`. */
function believes(publicKey: string, { headers, body }: ReturnType<typeof sent>): boolean {
  const raw = Buffer.from(publicKey.replace(/^whpk_/, ''), 'base64')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' })
  const text = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
  return (headers['webhook-signature'] ?? '').split(' ').filter((one) => one.startsWith('v1a,')).some((one) => verify(null, text, key, Buffer.from(one.slice(4), 'base64')))
}

describe('signatures that JavaScript\'s reference library checks', () => {
  it('are believed for every body, with secrets of every length', () => {
    fc.assert(fc.property(hostileNotice, fc.integer({ min: 24, max: 64 }), (notice, bytes) => {
      const secret = newSecret(bytes)
      const { headers, body } = sent([sharedSecret(secret)], webhookBody(notice))
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
      expect(() => new Webhook(newSecret()).verify(body, headers)).toThrow()
      expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow()
    }), { numRuns: 50 })
  })

  it('are believed with the new secret and with the one before, while both count', () => {
    const [fresh, old] = [newSecret(), newSecret()]
    const { headers, body } = sent([sharedSecret(fresh), sharedSecret(old)], '{"a":1}')
    expect(headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
    for (const secret of [fresh, old]) expect(new Webhook(secret).verify(body, headers)).toEqual({ a: 1 })
    expect(() => new Webhook(newSecret()).verify(body, headers)).toThrow()
  })

  it('are of this attempt: the id stays, an old timestamp is refused', () => {
    const signer = sharedSecret(newSecret())
    const [first, second] = [sent([signer], '{}', nowNs() - 600_000_000_000n), sent([signer], '{}')]
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id'])
    expect(second.headers['webhook-timestamp']).not.toBe(first.headers['webhook-timestamp'])
    expect(second.headers['webhook-signature']).not.toBe(first.headers['webhook-signature'])
  })

  it('may stand beside one of Ed25519, which it passes over', () => {
    const secret = newSecret()
    const { headers, body } = sent([ed25519(generateKeyPairSync('ed25519').privateKey), sharedSecret(secret)], '{}')
    expect(new Webhook(secret).verify(body, headers)).toEqual({})
  })
})

describe('signatures with Ed25519', () => {
  const pair = () => generateKeyPairSync('ed25519')
  const pemOf = (key: ReturnType<typeof pair>['privateKey']): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

  it('are believed with the public key, and not when a byte changes', () => {
    const { privateKey } = pair()
    const message = sent([ed25519(privateKey)], '{"text":"ü\u2028"}')
    expect(believes(publicKeyOf(privateKey), message)).toBe(true)
    expect(believes(publicKeyOf(privateKey), { ...message, body: `${message.body} ` })).toBe(false)
    expect(believes(publicKeyOf(pair().privateKey), message)).toBe(false)
  })

  it('are made with every key of the file: two while receivers change over', () => {
    const keys = [pair(), pair()].map(({ privateKey }) => privateKey)
    const read = signingKeys(keys.map(pemOf).join('\n'))
    const message = sent(read.map(ed25519), '{}')
    for (const key of keys) expect(believes(publicKeyOf(key), message)).toBe(true)
  })

  it('are made with nothing else', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    for (const text of ['', 'hello', rsa, pair().publicKey.export({ type: 'spki', format: 'pem' }).toString()]) expect(() => signingKeys(text)).toThrow()
  })
})

/** A python that has standardwebhooks. */
const PYTHON = process.env['WATCHKEEPER_PYTHON']
const PROGRAM = `
import json, sys
from standardwebhooks import Webhook
answers = []
for case in json.load(sys.stdin):
    try:
        answers.append(Webhook(case['secret']).verify(case['body'], case['headers']) == json.loads(case['body']))
    except Exception as error:
        answers.append(type(error).__name__)
print(json.dumps(answers))
`
if (PYTHON === undefined || !existsSync(PYTHON)) console.warn('signatures are not checked with Python: set WATCHKEEPER_PYTHON to a python with standardwebhooks')

describe.skipIf(PYTHON === undefined || !existsSync(PYTHON))('signatures that Python\'s reference library checks (set WATCHKEEPER_PYTHON to a python with standardwebhooks)', () => {
  it('are believed for every body and with both secrets, and not with another', async () => {
    const [fresh, old] = [newSecret(), newSecret(64)]
    const bodies = fc.sample(hostileNotice, { numRuns: 30, seed: 7 }).map(webhookBody)
    const cases = bodies.flatMap((text) => {
      const { headers, body } = sent([ed25519(generateKeyPairSync('ed25519').privateKey), sharedSecret(fresh), sharedSecret(old)], text)
      return [{ secret: fresh, headers, body }, { secret: old, headers, body }, { secret: newSecret(), headers, body }]
    })
    const asked = promisify(execFile)(PYTHON!, ['-c', PROGRAM], { timeout: 50_000 })
    asked.child.stdin?.end(JSON.stringify(cases))
    const { stdout } = await asked
    expect(JSON.parse(stdout)).toEqual(bodies.flatMap(() => [true, true, 'WebhookVerificationError']))
  })
})
