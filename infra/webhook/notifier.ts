/** Receivers that are reached by HTTP: each message one POST, signed where the receiver checks that. */
import type { Notice } from '../../schemas/alert-message.ts'
import type { Answer, Notifier } from '../../schemas/ports.ts'
import { guardedPost, type Outgoing, type Way } from './post.ts'
import { sharedSecret, signatures, type Signer } from './sign.ts'
import { reachOf } from './target.ts'

export interface Message {
  /** The same for every attempt. */
  readonly id: string
  /** Nanoseconds: when this attempt is made. */
  readonly at: bigint
  readonly body: string
}

export interface HttpReceiver extends Way {
  readonly name: string
  readonly kind: string
  render(notice: Notice): string
  /** What this attempt sends: keys and addresses are put in here, so that no kept body holds one. */
  outgoing(message: Message): Outgoing
  /** What an answer means, where the product says 200 of what it did not do. */
  judge?(answer: Answer): Answer
}

/** `send` never throws for what the receiver or the network does: status 0 and the reason. */
export function createHttpNotifier({ name, kind, render, outgoing, judge = (answer) => answer, reach, resolve }: HttpReceiver): Notifier {
  return {
    receiver: name, kind, render,
    send: async (message, signal) => judge(await guardedPost(outgoing(message), { reach, resolve }, signal)),
  }
}

/** A body of JSON; `more` headers win. */
export const jsonTo = (url: string, body: string, more: Readonly<Record<string, string>> = {}): Outgoing =>
  ({ url, body, headers: { 'content-type': 'application/json', 'user-agent': 'watchkeeper', ...more } })

/** The headers of Standard Webhooks 1.0.0: `webhook-id` stays, timestamp and signatures are of this attempt. */
export function signedOutgoing(url: string, signers: readonly Signer[], { id, at, body }: Message): Outgoing {
  const timestamp = Number(at / 1_000_000_000n)
  return jsonTo(url, body, { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatures(signers, { id, timestamp, body }) })
}

export interface WebhookOptions {
  readonly name: string
  /** http or https. */
  readonly url: string
  /** `whsec_` and base64 of 24 to 64 bytes. */
  readonly secret: string
  /** Loopback and private addresses may be reached. */
  readonly allowPrivate: boolean
}

/** A webhook with one secret, in the words of the notice itself. */
export const createWebhook = ({ name, url, secret, allowPrivate }: WebhookOptions): Notifier => createHttpNotifier({
  name, kind: 'webhook', render: (notice) => JSON.stringify(notice), reach: reachOf({ allowPrivate, allowNetworks: [] }),
  outgoing: (message) => signedOutgoing(url, [sharedSecret(secret)], message),
})
