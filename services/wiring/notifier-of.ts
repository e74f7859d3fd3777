/** A receiver of the configuration as what sends to it: its form, its secrets, its way. One line for each kind. */
import { alertmanagerBody } from '../../infra/receivers/alertmanager/render.ts'
import { pagerDutyEvent, withRoutingKey } from '../../infra/receivers/pagerduty/render.ts'
import { slackBody } from '../../infra/receivers/slack/render.ts'
import { teamsBody } from '../../infra/receivers/teams/render.ts'
import { webhookBody } from '../../infra/receivers/webhook/render.ts'
import { createHttpNotifier, type HttpReceiver, jsonTo, signedOutgoing } from '../../infra/webhook/notifier.ts'
import { ed25519, publicKeyOf, sharedSecret, type Signer, signingKeys } from '../../infra/webhook/sign.ts'
import { reachOf } from '../../infra/webhook/target.ts'
import type { Log, Notifier } from '../../schemas/ports.ts'
import type { Receiver } from '../config/alerting.ts'
import { liveSecret } from './live-secret.ts'

type Of<Type extends Receiver['type']> = Extract<Receiver, { readonly type: Type }>
type Form = Pick<HttpReceiver, 'render' | 'outgoing'>

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

function signersOf({ name, secret, secret_file: file, signing_key_file: keyFile, previous_secret: previous }: Of<'webhook'>, log: Log): () => readonly Signer[] {
  const before = previous === undefined ? [] : [sharedSecret(previous)]
  if (secret !== undefined) {
    const signers = [sharedSecret(secret), ...before]
    return () => signers
  }
  const setting = `${keyFile === undefined ? 'secret_file' : 'signing_key_file'} of receiver ${name}`
  const current = keyFile === undefined
    ? liveSecret({ setting, file: file ?? '', form: 'a webhook secret (whsec_ and base64 of 24 to 64 bytes), or two in two lines, the newer first', parse: secretsIn }, log)
    : liveSecret({ setting, file: keyFile, form: 'an Ed25519 private key in PEM: openssl genpkey -algorithm ed25519', parse: (text) => keysIn(text, name, log) }, log)
  return () => [...current(), ...before]
}

const isWeb = (text: string): string => {
  const { protocol } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:') throw new Error('not http')
  return text
}
const isKey = (text: string): string => {
  if (!/^[\x21-\x7e]{8,256}$/.test(text)) throw new Error('not a key')
  return text
}
const isHeader = (text: string): string => {
  if (!/^[\x20-\x7e]{1,4096}$/.test(text)) throw new Error('not one line')
  return text
}

/** The value of the configuration, or of its file. */
function textOf({ name, key, value, file }: { readonly name: string; readonly key: 'url' | 'key' | 'authorization'; readonly value: string | undefined; readonly file: string | undefined }, log: Log): () => string {
  if (value !== undefined) return () => value
  const forms = { url: ['an address that begins with https://', isWeb], key: ['a key of 8 to 256 characters', isKey], authorization: ['one line, such as Bearer …', isHeader] } as const
  const [form, parse] = forms[key]
  return liveSecret({ setting: `${key}_file of receiver ${name}`, file: file ?? '', form, parse }, log)
}

const FORMS: { readonly [Type in Receiver['type']]: (config: Of<Type>, log: Log) => Form } = {
  webhook(config, log) {
    const signers = signersOf(config, log)
    return { render: webhookBody, outgoing: (message) => signedOutgoing(config.url, signers(), message) }
  },
  slack({ name, url, url_file: file }, log) {
    const address = textOf({ name, key: 'url', value: url, file }, log)
    return { render: (notice) => JSON.stringify(slackBody(notice)), outgoing: ({ body }) => jsonTo(address(), body) }
  },
  teams({ name, url, url_file: file }, log) {
    const address = textOf({ name, key: 'url', value: url, file }, log)
    return { render: (notice) => JSON.stringify(teamsBody(notice)), outgoing: ({ body }) => jsonTo(address(), body) }
  },
  pagerduty({ name, url, key: value, key_file: file }, log) {
    const key = textOf({ name, key: 'key', value, file }, log)
    return { render: (notice) => JSON.stringify(pagerDutyEvent(notice)), outgoing: ({ body }) => jsonTo(url, withRoutingKey(body, key())) }
  },
  alertmanager({ name, url, authorization_file: file }, log) {
    const authorization = file === undefined ? undefined : textOf({ name, key: 'authorization', value: undefined, file }, log)
    return {
      render(notice) {
        const body = alertmanagerBody(notice, name)
        return body === undefined ? '' : JSON.stringify(body)
      },
      outgoing: ({ id, body }) => jsonTo(url, body, { 'webhook-id': id, ...(authorization === undefined ? {} : { authorization: authorization() }) }),
    }
  },
}

/** Throws Failure `misconfigured` with a sentence where a secret or a network cannot be used. */
export function notifierOf<Type extends Receiver['type']>(config: Of<Type>, log: Log): Notifier {
  const form: (config: Of<Type>, log: Log) => Form = FORMS[config.type as Type]
  const { name, type, allow_private: allowPrivate, allow_networks: allowNetworks } = config
  return createHttpNotifier({ name, kind: type, reach: reachOf({ allowPrivate, allowNetworks }), ...form(config, log) })
}
