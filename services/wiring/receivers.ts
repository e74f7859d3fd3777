/** Webhook receivers: those of the configuration, and those that are added for a while through the API. */
import { readFileSync } from 'node:fs'
import { createWebhook } from '../../infra/webhook/notifier.ts'
import { Failure } from '../../schemas/failure.ts'
import type { Notifier } from '../../schemas/ports.ts'
import type { Receivers } from '../api/handle.ts'
import type { Config } from '../config/schema.ts'

type WebhookConfig = Config['alerting']['webhooks'][number]

export interface LiveReceivers extends Receivers {
  /** Changes as receivers come and go: read it anew each time. */
  readonly notifiers: readonly Notifier[]
  close(): void
}

function secretOf({ name, secret, secret_file: file }: WebhookConfig): string {
  if (secret !== undefined) return secret
  let text: string
  try {
    text = readFileSync(file ?? '', 'utf8').trim()
  } catch (error) {
    throw new Failure(
      'misconfigured', 'webhook.secret', `The secret of webhook ${name} cannot be read from ${file}: ${(error as NodeJS.ErrnoException).code}`,
      { cause: error },
    )
  }
  if (!/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/.test(text)) {
    throw new Failure('misconfigured', 'webhook.secret', `${file} does not hold a webhook secret: whsec_ and base64 of 24 to 64 bytes.`)
  }
  return text
}

export function openReceivers(configured: readonly WebhookConfig[]): LiveReceivers {
  const notifiers: Notifier[] = configured.map((webhook) => createWebhook({
    name: webhook.name, url: webhook.url, secret: secretOf(webhook), allowPrivate: webhook.allow_private,
  }))
  const timers = new Map<string, NodeJS.Timeout>()
  const remove = (name: string): boolean => {
    clearTimeout(timers.get(name))
    if (!timers.delete(name)) return false
    notifiers.splice(notifiers.findIndex(({ receiver }) => receiver === name), 1)
    return true
  }
  return {
    notifiers, remove,
    add({ name, url, secret, ttlSeconds }) {
      remove(name)
      notifiers.push(createWebhook({ name, url, secret, allowPrivate: true }))
      timers.set(name, setTimeout(() => remove(name), ttlSeconds * 1000).unref())
    },
    close() {
      for (const name of [...timers.keys()]) remove(name)
    },
  }
}
