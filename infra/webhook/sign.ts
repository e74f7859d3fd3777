/** Signatures of Standard Webhooks 1.0.0. */
import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'

export interface Signed {
  readonly id: string
  /** Unix seconds. */
  readonly timestamp: number
  readonly body: string
}

/** One signature of the text, with its version before it. */
export type Signer = (text: string) => string

/** `secret` is `whsec_` and base64 of 24 to 64 bytes. */
export function sharedSecret(secret: string): Signer {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return (text) => `v1,${createHmac('sha256', key).update(text).digest('base64')}`
}

export const ed25519 = (key: KeyObject): Signer => (text) => `v1a,${sign(null, Buffer.from(text), key).toString('base64')}`

/** Header `webhook-signature`: one signature for each key that counts now, the newest first. */
export const signatures = (signers: readonly Signer[], { id, timestamp, body }: Signed): string =>
  signers.map((one) => one(`${id}.${timestamp}.${body}`)).join(' ')

const PEM = /-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----/g

/** Every Ed25519 private key (PKCS#8, PEM) in the text. Throws where one is of another kind, or there is none. */
export function signingKeys(text: string): readonly KeyObject[] {
  const keys = (text.match(PEM) ?? []).map((pem) => createPrivateKey(pem))
  if (keys.length === 0 || keys.some(({ asymmetricKeyType }) => asymmetricKeyType !== 'ed25519')) throw new Error('no Ed25519 private key in PEM')
  return keys
}

/** What receivers check `v1a` signatures with: `whpk_` and base64 of the 32 bytes. */
export function publicKeyOf(key: KeyObject): string {
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return `whpk_${Buffer.from(x, 'base64url').toString('base64')}`
}
