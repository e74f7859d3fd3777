/** The secrets of receivers, from the configuration or from files that may change while we run. */
import { ed25519, publicKeyOf, sharedSecret, type Signer, signingKeys } from '../../infra/webhook/sign.ts'
import type { Log } from '../../schemas/ports.ts'
import type { Webhook } from '../config/alerting.ts'
import type { z } from 'zod'
import { liveSecret } from './live-secret.ts'

const SECRET = /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/
const MOST_SECRETS = 2

/** One or two lines, the newer first. */
function secretsIn(text: string): readonly Signer[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '')
  if (lines.length > MOST_SECRETS || lines.some((line) => !SECRET.test(line))) throw new Error('not one or two secrets')
  return lines.map(sharedSecret)
}

function keysIn(text: string, name: string, log: Log): readonly Signer[] {
  const keys = signingKeys(text)
  log.info({ receiver: name, public_keys: keys.map(publicKeyOf) }, 'messages of a receiver are signed with Ed25519: it checks them with these public keys')
  return keys.map(ed25519)
}

const SECRETS_FORM = 'a webhook secret (whsec_ and base64 of 24 to 64 bytes), or two in two lines, the newer first'
const KEYS_FORM = 'an Ed25519 private key in PEM: openssl genpkey -algorithm ed25519'

/** Those that sign messages now, the newest first. Throws Failure `misconfigured`. */
export function signersOf(webhook: z.infer<typeof Webhook>, log: Log): () => readonly Signer[] {
  const { name, secret, secret_file: file, signing_key_file: keyFile, previous_secret: previous } = webhook
  const before = previous === undefined ? [] : [sharedSecret(previous)]
  if (secret !== undefined) {
    const signers = [sharedSecret(secret), ...before]
    return () => signers
  }
  const current = keyFile === undefined
    ? liveSecret({ setting: `secret_file of receiver ${name}`, file: file ?? '', form: SECRETS_FORM, parse: secretsIn }, log)
    : liveSecret({ setting: `signing_key_file of receiver ${name}`, file: keyFile, form: KEYS_FORM, parse: (text) => keysIn(text, name, log) }, log)
  return () => [...current(), ...before]
}

function webAddress(text: string): string {
  const { protocol } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:') throw new Error('not http')
  return text
}

const matching = (form: RegExp) => (text: string): string => {
  if (!form.test(text)) throw new Error('of another form')
  return text
}

/** What settings hold, in words and as a check. */
const FORMS = {
  url: { form: 'an address that begins with https://', parse: webAddress },
  key: { form: 'a key of 8 to 256 characters', parse: matching(/^[\x21-\x7e]{8,256}$/) },
  authorization: { form: 'one line, such as Bearer …', parse: matching(/^[\x20-\x7e]{1,4096}$/) },
  password: { form: 'one line', parse: matching(/^[^\x00-\x1f\x7f]{1,1024}$/) },
  ca: { form: 'a certificate in PEM', parse: matching(/-----BEGIN CERTIFICATE-----/) },
} as const

export interface Setting {
  /** Of the receiver. */
  readonly name: string
  readonly key: keyof typeof FORMS
  /** In the configuration itself. */
  readonly value?: string | undefined
  readonly file: string | undefined
}

/** The value of the configuration, else what its file holds now. Throws Failure `misconfigured`. */
export function textOf({ name, key, value, file }: Setting, log: Log): () => string {
  return value === undefined ? liveSecret({ setting: `${key}_file of receiver ${name}`, file: file ?? '', ...FORMS[key] }, log) : () => value
}

/** The same where there may be none. */
export const textIfAny = (setting: Setting, log: Log): (() => string | undefined) => (setting.file === undefined && setting.value === undefined ? () => undefined : textOf(setting, log))
