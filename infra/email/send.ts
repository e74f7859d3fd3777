/** Sends a message to a mail server: SMTP with TLS, over a connection that somebody else has made. */
import type { Socket } from 'node:net'
import { createTransport } from 'nodemailer'
import type { Answer } from '../../schemas/ports.ts'

export interface MailServer {
  readonly host: string
  readonly port: number
  /** `starttls` is insisted on. */
  readonly tls: 'starttls' | 'implicit' | 'none'
  /** PEM of the authorities that count; the usual ones where undefined. */
  readonly ca: string | undefined
  readonly user: string | undefined
  readonly password: string | undefined
}

export interface MailLetter {
  /** The same for each attempt: mail programs and relays know a message by it. */
  readonly id: string
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  /** Of what it belongs to: letters with the same stand together. */
  readonly thread: string
}

const QUIET_MS = 15_000
const LONGEST_ANSWER = 1_024

/** What nodemailer calls a refusal of the message itself; anything else (TLS, log-in, connection) can be put right, so it is tried again. */
const OF_THE_MESSAGE: ReadonlySet<string> = new Set(['EENVELOPE', 'EMESSAGE'])

/** SMTP's codes as those of HTTP: 4yz passes, 5yz is the last word. */
function statusOf(error: unknown): number {
  const { responseCode = 0, code = '' } = error as { readonly responseCode?: number; readonly code?: string }
  if (responseCode === 0 || !OF_THE_MESSAGE.has(code)) return 0
  return responseCode >= 500 ? 422 : 503
}

const reasonOf = (error: unknown): string => {
  const { response, code, message } = error as { readonly response?: string; readonly code?: string; readonly message?: string }
  return (response ?? [code, message].filter((part) => part !== undefined).join(': ')).slice(0, LONGEST_ANSWER)
}

const idOf = (text: string): string => `<${text.replace(/[^A-Za-z0-9._-]/g, '-')}@watchkeeper.invalid>`

/** Never throws for what the server does: says it. Status 250 where the server took it for every address, or for some. */
export async function sendMail(letter: MailLetter, { host, port, tls, ca, user, password }: MailServer, connection: Socket): Promise<Answer> {
  const transport = createTransport({
    host, port, connection, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none', tls: ca === undefined ? {} : { ca },
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }), greetingTimeout: QUIET_MS, socketTimeout: QUIET_MS, disableFileAccess: true, disableUrlAccess: true,
  })
  const { id, from, to, subject, text, thread } = letter
  try {
    const sent = await transport.sendMail({
      from, to: [...to], subject, text, messageId: idOf(id), references: idOf(thread), headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    })
    return { status: 250, text: String(sent.response).slice(0, LONGEST_ANSWER), retryAfterSeconds: undefined }
  } catch (error) {
    return { status: statusOf(error), text: reasonOf(error), retryAfterSeconds: undefined }
  } finally {
    transport.close()
    connection.destroy()
  }
}
