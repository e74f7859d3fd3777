/** `npm run demo`: sends recorded and simulated telemetry to a running Watchkeeper and prints the alerts as they arrive. */
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Notice } from '../../schemas/alert-message.ts'
import { Failure } from '../../schemas/failure.ts'
import { stories } from './company.ts'
import { printable } from './printable.ts'
import { linesOf } from './readable.ts'
import { recordings } from './recordings.ts'

export interface DemoOptions {
  /** Base addresses of the running server. */
  readonly otlp: string
  readonly api: string
  /** What the server accepts as proof that we may add a receiver. */
  readonly apiToken: string
  /** Bearer token for telemetry, where the server asks for one. */
  readonly token: string | undefined
  readonly fixtures: string
  readonly now: number
  /** Stop after so long without a new alert. */
  readonly quietMs: number
  print(line: string): void
  /** Starts a webhook receiver that calls `received` with what is rightly signed. */
  receive(secret: string, received: (id: string, body: unknown) => void): Promise<{ readonly url: string; stop(): Promise<void> }>
}

async function post(url: string, body: Buffer | string, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', body, headers })
  } catch (error) {
    throw new Failure('unavailable', 'demo.server', `Nothing answers at ${url}. Start the server first: npm start`, { cause: error })
  }
}

/** A collector may say "later"; a good exporter waits and sends again. */
async function send(url: string, body: Buffer | string, headers: Record<string, string>): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const response = await post(url, body, headers)
    if (response.ok) return
    if (response.status === 401) {
      throw new Failure('rejected', 'demo.token', 'The server asks for a token, or does not know this one: WATCHKEEPER_TOKEN=wkt_… npm run demo (watchkeeper token create makes one).')
    }
    if (response.status !== 429 && response.status !== 503) {
      throw new Failure('rejected', 'demo.refused', `${url} answered ${response.status}: ${printable(await response.text())}`)
    }
    await wait(1_000)
  }
  throw new Failure('unavailable', 'demo.busy', `${url} was busy ten times in a row`)
}

/** What a rule says is printed with its first alert only. */
function printer(print: DemoOptions['print']): (notice: Notice) => void {
  const told = new Set<string>()
  return (notice) => {
    print('')
    for (const line of linesOf(notice, told)) print(printable(line))
    for (const { detector } of 'rules' in notice.data ? notice.data.rules : []) told.add(detector)
  }
}

async function sendAll({ otlp, fixtures, now, token, print }: DemoOptions): Promise<void> {
  const authorization: Record<string, string> = token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }
  const recorded = recordings(fixtures)
  for (const { path, body, contentType } of recorded) await send(`${otlp}${path}`, body, { 'content-type': contentType, ...authorization })
  print(
    `sent ${recorded.length} recorded requests of ${new Set(recorded.map(({ emitter }) => emitter)).size} MCP programs ` +
    '(sent once more, they change nothing)',
  )
  for (const { title, bodies } of stories(now)) {
    for (const body of bodies) await send(`${otlp}/v1/traces`, body, { 'content-type': 'application/json', ...authorization })
    print(`sent: ${title}`)
  }
}

/** Runs the demo; the answer is the number of alerts that arrived. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const seen = new Set<string>()
  let last = Date.now()
  const show = printer(options.print)
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  const receiver = await options.receive(secret, (id, body) => {
    last = Date.now()
    if (seen.has(id)) return
    seen.add(id)
    show(body as Notice)
  })
  const authorization = { authorization: `Bearer ${options.apiToken}`, 'content-type': 'application/json' }
  const name = `demo-${randomBytes(4).toString('hex')}`
  try {
    const added = await post(`${options.api}/api/v1/receivers`, JSON.stringify({ name, url: receiver.url, secret, ttl_seconds: 600 }), authorization)
    if (!added.ok) {
      throw new Failure('rejected', 'demo.receiver', `The server did not take our receiver (${added.status}): ${printable(await added.text())}`)
    }
    await sendAll(options)
    last = Date.now()
    options.print('waiting for alerts: critical ones come at once, others 15 s after the first finding of their group')
    while (Date.now() - last < options.quietMs) await wait(250)
    return seen.size
  } finally {
    await fetch(`${options.api}/api/v1/receivers/${name}`, { method: 'DELETE', headers: authorization }).catch(() => undefined)
    await receiver.stop()
  }
}
