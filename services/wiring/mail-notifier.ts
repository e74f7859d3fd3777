/** A receiver that is told by e-mail. */
import { sendMail } from '../../infra/email/send.ts'
import { type Mail, mailOf } from '../../infra/receivers/email/render.ts'
import { guardedConnect } from '../../infra/webhook/connect.ts'
import { noAnswer, type Way } from '../../infra/webhook/post.ts'
import type { Log, Notifier } from '../../schemas/ports.ts'
import type { Receiver } from '../config/alerting.ts'
import { textIfAny } from './receiver-secrets.ts'

/** For all of it: servers that look at a letter take their time. */
const TIMEOUT_MS = 60_000

export function mailNotifier(config: Extract<Receiver, { readonly type: 'email' }>, { way, log }: { readonly way: Way; readonly log: Log }): Notifier {
  const { name, type, host, port, tls, from, to, username: user } = config
  const password = textIfAny({ name, key: 'password', file: config.password_file }, log)
  const ca = textIfAny({ name, key: 'ca', file: config.ca_file }, log)
  return {
    receiver: name, kind: type, render: (notice) => JSON.stringify(mailOf(notice)),
    async send({ id, body }, signal) {
      try {
        const connection = await guardedConnect({ host, port }, way, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]))
        const letter = { ...(JSON.parse(body) as Mail), id, from, to }
        return await sendMail(letter, { host, port, tls, user, password: password(), ca: ca() }, connection)
      } catch (error) {
        return noAnswer(error)
      }
    },
  }
}
