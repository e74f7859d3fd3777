/** Who can be told: the receivers of the configuration, and those that are added for a while through the API. */
import { randomBytes } from 'node:crypto'
import { createWebhook } from '../../infra/webhook/notifier.ts'
import type { TestMessage } from '../../schemas/alert-message.ts'
import type { Answer, Clock, Log, Notifier } from '../../schemas/ports.ts'
import type { Alerting } from '../config/alerting.ts'
import { notifierOf } from './notifier-of.ts'

export interface LiveReceivers {
  /** Changes as receivers come and go: read it anew each time. */
  readonly notifiers: readonly Notifier[]
  /** A webhook for a while, on loopback too; one of the same name that was added before goes. */
  add(receiver: { readonly name: string; readonly url: string; readonly secret: string; readonly ttlSeconds: number }): void
  /** False where none was added under that name. */
  remove(name: string): boolean
  /**
   * Sends a message that says that nothing has happened, asked for by `by`, and answers what the receiver said: status 0 and the reason where it
   * said nothing, or there is none of that name.
   */
  test(name: string, by: string): Promise<Answer>
  close(): void
}

export interface ReceiverPorts {
  readonly clock: Clock
  readonly log: Log
}

/** Of a process that tells nobody. */
export const NO_RECEIVERS: Pick<Alerting, 'receivers' | 'webhooks' | 'labels'> = { receivers: [], webhooks: [], labels: {} }

const TEST_TIMEOUT_MS = 30_000

const testOf = (receiver: string, by: string, labels: TestMessage['data']['labels']): Omit<TestMessage, 'timestamp'> => ({
  type: 'receiver.test', data: { receiver, by, title: `A test of receiver ${receiver}`, labels },
})

/** Throws Failure `misconfigured` with a sentence where a secret or a network cannot be used. */
export function openReceivers({ receivers, webhooks, labels }: Pick<Alerting, 'receivers' | 'webhooks' | 'labels'>, { clock, log }: ReceiverPorts): LiveReceivers {
  const configured = [...receivers, ...webhooks.map((webhook) => ({ type: 'webhook', ...webhook }) as const)]
  const notifiers: Notifier[] = configured.map((one) => notifierOf(one, log))
  const timers = new Map<string, NodeJS.Timeout>()
  const remove = (name: string): boolean => {
    clearTimeout(timers.get(name))
    if (!timers.delete(name)) return false
    // Those of the configuration stand before it, and stay.
    notifiers.splice(notifiers.findLastIndex(({ receiver }) => receiver === name), 1)
    return true
  }
  return {
    notifiers, remove,
    add({ name, url, secret, ttlSeconds }) {
      remove(name)
      notifiers.push(createWebhook({ name, url, secret, allowPrivate: true }))
      timers.set(name, setTimeout(() => remove(name), ttlSeconds * 1000).unref())
    },
    async test(name, by) {
      const notifier = notifiers.find(({ receiver }) => receiver === name)
      if (notifier === undefined) return { status: 0, text: 'there is no such receiver', retryAfterSeconds: undefined }
      const at = clock.now()
      const body = notifier.render({ ...testOf(name, by, labels), timestamp: new Date(Number(at / 1_000_000n)).toISOString() })
      return notifier.send({ id: `msg_test_${randomBytes(12).toString('hex')}`, at, body }, AbortSignal.timeout(TEST_TIMEOUT_MS))
    },
    close() {
      for (const name of [...timers.keys()]) remove(name)
    },
  }
}
