/** A receiver that is told by syslog. */
import { hostname } from 'node:os'
import { syslogMessage } from '../../infra/receivers/syslog/render.ts'
import { securedBy, sendPacket, sendStream } from '../../infra/syslog/send.ts'
import { guardedAddress, guardedConnect } from '../../infra/webhook/connect.ts'
import { noAnswer, type Way } from '../../infra/webhook/post.ts'
import type { Answer, Log, Notifier } from '../../schemas/ports.ts'
import type { Receiver } from '../config/alerting.ts'
import { textIfAny } from './receiver-secrets.ts'

const TIMEOUT_MS = 15_000
/** Octets that servers take: one packet that is not cut on its way, and what most take of a stream. */
const LARGEST = { udp: 1_400, tcp: 8_192, tls: 8_192 } as const
const SENT: Answer = { status: 200, text: 'sent: syslog has no answers', retryAfterSeconds: undefined }

export function syslogNotifier(config: Extract<Receiver, { readonly type: 'syslog' }>, { way, log }: { readonly way: Way; readonly log: Log }): Notifier {
  const { name, type, host, port, transport } = config
  const ca = textIfAny({ name, key: 'ca', file: config.ca_file }, log)
  const origin = { hostname: hostname(), processId: String(process.pid), largest: LARGEST[transport] }

  async function sendOver(body: string, signal: AbortSignal): Promise<void> {
    if (transport === 'udp') return sendPacket(body, port, await guardedAddress({ host, port }, way))
    const connection = await guardedConnect({ host, port }, way, signal)
    try {
      await sendStream(body, transport === 'tls' ? await securedBy(connection, { host, ca: ca() }, signal) : connection, signal)
    } finally {
      connection.destroy()
    }
  }

  return {
    receiver: name, kind: type, render: (notice) => syslogMessage(notice, origin),
    async send({ body }, signal) {
      try {
        await sendOver(body, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]))
        return SENT
      } catch (error) {
        return noAnswer(error)
      }
    },
  }
}
