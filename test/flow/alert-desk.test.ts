/** The life of an alert as people lead it: through the API over the network, the alerter and the tables, and on the command line. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ROUTES } from '../../services/api/routes.ts'
import { actionDecide, actionList, actionRequest, hookList } from '../../services/commands/action.ts'
import { alertList, alertOrder, alertShow, alertTest } from '../../services/commands/alert.ts'
import { deliveryList, receiverList, redeliver } from '../../services/commands/delivery.ts'
import { silenceAdd, silenceEnd, silenceList } from '../../services/commands/silence.ts'
import { asked, type Desk, openDesk, type Told } from '../api/living-desk.ts'

interface Alert {
  readonly alert_id: string
  readonly version: number
  readonly status: string
  readonly verdict: string
  readonly title: string
  readonly reopened: number
}
type Event = { readonly event: string; readonly by: string; readonly why: string; readonly alert_version: number }
type Full = Alert & { readonly events: readonly Event[]; readonly finding_list: readonly unknown[]; readonly deliveries: readonly { readonly message_id: string; readonly outcome: string }[] }
interface Done {
  readonly order_id: string
  readonly event: Event
  readonly alert: Alert
}

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
}, 60_000)
afterAll(() => desk.close())

/** The answer must be what the route's schema says. */
function said<B>(operation: string, told: Told<B>): Told<B> {
  const schema = ROUTES.find((route) => route.operation === operation)?.answers[told.status]?.schema
  expect(schema, `${operation} answers ${told.status}: ${JSON.stringify(told.body)}`).toBeDefined()
  expect(schema?.safeParse(told.body).error?.issues, operation).toBeUndefined()
  return told
}
const alertsOf = async (query: string, token = 'a-read'): Promise<readonly Alert[]> =>
  said('alert.list', await asked<{ readonly alerts: readonly Alert[] }>(desk, `GET /api/v1/alerts${query}`, { token })).body.alerts
const show = async (id: string): Promise<Told<Full>> => said('alert.show', await asked<Full>(desk, `GET /api/v1/alerts/${id}`, { token: 'a-read' }))

/** The alert of a conversation, as soon as it is in the table. */
async function opened(conversation: string, title: string): Promise<string> {
  await desk.find({ conversation, trace_id: '', actor: conversation, title })
  await expect.poll(async () => (await alertsOf(`?text=${encodeURIComponent(title)}`)).length, { timeout: 15_000, interval: 100 }).toBe(1)
  return (await alertsOf(`?text=${encodeURIComponent(title)}`))[0]?.alert_id ?? ''
}
const order = (id: string, what: string, body: object = {}, headers: Record<string, string> = {}, token = 'a-triage') => asked<Done>(desk, `POST /api/v1/alerts/${id}/${what}`, { token, body, headers })

describe('an alert', () => {
  it('is listed, acknowledged with If-Match, worked at, resolved with a verdict, and opened again by a new finding', async () => {
    const id = await opened('life', 'ann ran a script of the life')
    const first = await show(id)
    expect(first.body).toMatchObject({ status: 'open', finding_list: [expect.anything()] })
    expect(first.body.events.map(({ event }) => event)).toContain('opened')
    expect((await asked(desk, `GET /api/v1/alerts/${id}`, { token: 'a-read', headers: { 'if-none-match': (await show(id)).etag } })).status).toBe(304)

    const acknowledged = said('alert.acknowledge', await order(id, 'acknowledge', { by: 'bob' }, { 'if-match': (await show(id)).etag }))
    expect(acknowledged).toMatchObject({ status: 200, body: { event: { event: 'acknowledged', by: 'bob via a-triage' }, alert: { status: 'acknowledged' } } })
    expect(await order(id, 'start', {}, { 'if-match': first.etag })).toMatchObject({ status: 412, body: { error: expect.stringContaining('version') as string } })
    expect((await order(id, 'start', {}, { 'if-match': 'nonsense' })).status).toBe(400)
    expect(said('alert.start', await order(id, 'start', {}, { 'if-match': acknowledged.etag })).body.alert.status).toBe('in_progress')
    expect(await order(id, 'start')).toMatchObject({ status: 409, body: { error: expect.stringContaining('in progress already') as string } })
    expect((await order(id, 'notes', { why: 'asked <script>ann</script>' })).status).toBe(200)
    expect((await order(id, 'resolve', { verdict: 'benign' })).status).toBe(400)
    expect((await order(id, 'resolve', { verdict: 'duplicate', why: 'x' })).status).toBe(400)
    expect(said('alert.resolve', await order(id, 'resolve', { verdict: 'true', why: 'her laptop was stolen' })).body.alert).toMatchObject({ status: 'resolved', verdict: 'true' })
    expect(await alertsOf('?status=open,acknowledged,in_progress&text=life')).toEqual([])

    await desk.find({ conversation: 'life', trace_id: '', actor: 'life', title: 'ann ran a script of the life' })
    await expect.poll(async () => (await show(id)).body.reopened, { timeout: 15_000, interval: 100 }).toBe(1)
    const whole = (await show(id)).body
    expect(whole).toMatchObject({ status: 'open', reopened: 1 })
    expect(whole.events.map(({ event }) => event).filter((event) => event !== 'told')).toEqual(['opened', 'acknowledged', 'started', 'refused', 'noted', 'resolved', 'reopened'])
  }, 60_000)

  it('is done once, however often the same order comes', async () => {
    const id = await opened('once', 'ann ran a script once')
    const headers = { 'idempotency-key': 'k-1' }
    const [one, two] = [await order(id, 'notes', { why: 'hello' }, headers), await order(id, 'notes', { why: 'hello' }, headers)]
    expect([one.status, two.status, one.body.order_id === two.body.order_id]).toEqual([200, 200, true])
    expect((await show(id)).body.events.filter(({ event }) => event === 'noted')).toHaveLength(1)
    const became = await asked<{ readonly event: Event }>(desk, `GET /api/v1/orders/${one.body.order_id}`, { token: 'a-read' })
    expect(said('order.show', became).body.event.event).toBe('noted')
    expect((await order('0'.repeat(32), 'acknowledge')).status).toBe(404)
  }, 60_000)

  it('is found on every page once, whatever is opened meanwhile', async () => {
    for (let n = 0; n < 5; n++) await desk.find({ conversation: `page-${n}`, trace_id: '', actor: `pager-${n}`, title: `paged ${n}`, server: 'pages' })
    await expect.poll(async () => (await alertsOf('?server=pages')).length, { timeout: 15_000, interval: 100 }).toBe(5)
    const seen: string[] = []
    let cursor = ''
    for (let page = 0; page < 5; page++) {
      const { body } = await asked<{ readonly alerts: readonly Alert[]; readonly next: string | null }>(desk, `GET /api/v1/alerts?server=pages&limit=2${cursor}`, { token: 'a-read' })
      seen.push(...body.alerts.map(({ title }) => /paged \w+/.exec(title)?.[0] ?? ''))
      if (page === 0) {
        await desk.find({ conversation: 'page-new', trace_id: '', actor: 'pager-new', title: 'paged new', server: 'pages' })
        await expect.poll(async () => (await alertsOf('?server=pages')).length, { timeout: 15_000, interval: 100 }).toBe(6)
      }
      if (body.next === null) break
      cursor = `&cursor=${body.next}`
    }
    expect(seen.toSorted()).toEqual(['paged 0', 'paged 1', 'paged 2', 'paged 3', 'paged 4'])
    expect((await asked(desk, 'GET /api/v1/alerts?cursor=bm9uc2Vuc2U', { token: 'a-read' })).status).toBe(400)
    expect((await asked(desk, 'GET /api/v1/alerts?nonsense=1', { token: 'a-read' })).status).toBe(400)
    expect(await alertsOf(`?text=${encodeURIComponent("') OR 1=1 --")}`)).toEqual([])
    expect(await alertsOf(`?server=pages&severity=low&since=2020-01-01T00:00:00Z&detector=unexpected-command`)).toEqual([])
  }, 60_000)
})

describe('silences', () => {
  it('have an end, an owner and a reason, count until then, and can be ended', async () => {
    const matchers = [{ field: 'server', operator: 'is', value: 'quiet' }]
    expect(await asked(desk, 'POST /api/v1/silences', { token: 'a-triage', body: { matchers, reason: 'drill' } }))
      .toMatchObject({ status: 400, body: { error: 'a silence without an end is refused: give ends_at, or hours' } })
    expect((await asked(desk, 'POST /api/v1/silences', { token: 'a-triage', body: { matchers, reason: 'drill', ends_at: '9999-01-01T00:00:00Z' } })).status).toBe(400)
    const made = said('silence.add', await asked<{ readonly silence: { readonly silence_id: string } }>(desk, 'POST /api/v1/silences', { token: 'a-triage', body: { matchers, reason: 'drill', hours: 1 } }))
    expect(made.status).toBe(201)
    const id = made.body.silence.silence_id
    await expect.poll(async () => (await asked(desk, `GET /api/v1/silences/${id}`, { token: 'a-read' })).status, { timeout: 15_000, interval: 100 }).toBe(200)
    said('silence.show', await asked(desk, `GET /api/v1/silences/${id}`, { token: 'a-read' }))
    const listed = said('silence.list', await asked<{ readonly silences: readonly object[] }>(desk, 'GET /api/v1/silences?state=active', { token: 'a-read' }))
    expect(listed.body.silences).toMatchObject([{ silence_id: id, owner: 'a-triage', matchers, state: 'active' }])
    await desk.find({ conversation: 'quiet', trace_id: '', actor: 'quiet', title: 'nobody hears this', server: 'quiet' })
    await expect.poll(async () => alertsOf('?server=quiet'), { timeout: 15_000, interval: 100 }).toMatchObject([{ silenced_by: id }])
    expect(desk.heard.filter(({ body }) => JSON.stringify(body).includes('nobody hears this'))).toEqual([])
    expect(said('silence.end', await asked(desk, `DELETE /api/v1/silences/${id}?why=over`, { token: 'a-triage' })).status).toBe(200)
    expect((await asked(desk, `DELETE /api/v1/silences/${id}`, { token: 'a-triage' })).status).toBe(409)
  }, 60_000)
})

describe('what is done because of an alert', () => {
  interface Acted {
    readonly action: { readonly action_id: string; readonly state: string }
  }
  const ask = (id: string, body: object, token = 'a-triage') => asked<Acted>(desk, `POST /api/v1/alerts/${id}/actions`, { token, body })

  it('is shown dry without a signature, waits for another token, is sent once and signed, and stands in the life of the alert', async () => {
    const id = await opened('respond', 'a token was stolen')
    const wish = { hook: 'revoke_token', why: 'stolen', target: { token_fingerprint: 'abc' } }
    const dry = said('action.request', await ask(id, { ...wish, dry_run: true }))
    expect(dry).toMatchObject({ status: 200, body: { dry_run: true, would_send: { headers: { 'webhook-signature': 'v1,(made when it is sent)' } } } })
    expect(JSON.stringify(dry.body)).not.toContain('whsec_')
    const asking = said('action.request', await ask(id, wish))
    expect(asking).toMatchObject({ status: 201, body: { action: { state: 'waiting' } } })
    const action = asking.body.action.action_id
    const decide = (what: string, token: string) => asked<Acted>(desk, `POST /api/v1/actions/${action}/${what}`, { token, body: { why: 'looked at it' } })
    expect(await decide('approve', 'a-triage')).toMatchObject({ status: 409, body: { error: expect.stringContaining('Another token') as string } })
    expect((await decide('approve', 'b-admin')).status).toBe(404)
    expect(desk.heard.filter(({ path }) => path === '/revoke')).toEqual([])
    expect(said('action.approve', await decide('approve', 'a-admin')).status).toBe(200)
    await expect.poll(async () => said('action.show', await asked<Acted['action']>(desk, `GET /api/v1/actions/${action}`, { token: 'a-read' })).body.state, { timeout: 15_000, interval: 100 }).toBe('done')
    expect(desk.heard.filter(({ path }) => path === '/revoke')).toMatchObject([{
      id: `act_${action}`, body: { type: 'response.revoke_token', data: { action_id: action, requested_by: 'a-triage', approved_by: 'a-admin', why: 'stolen', target: { token_fingerprint: 'abc' }, alert: { alert_id: id } } },
    }])
    expect((await decide('reject', 'a-admin')).status).toBe(409)
    expect((await show(id)).body.events.filter(({ event }) => event === 'responded').map(({ why }) => why))
      .toEqual(['revoke_token is asked for: stolen', 'revoke_token is approved: looked at it', 'revoke_token took it (200)'])
    said('action.list', await asked(desk, 'GET /api/v1/actions?state=done', { token: 'a-read' }))
  }, 60_000)

  it('goes out at once where the hook asks for no approval; other tenants\' hooks are not there', async () => {
    const id = await opened('ticket', 'worth a ticket')
    expect((await ask(id, { hook: 'ticket', why: 'look' })).status).toBe(201)
    await expect.poll(() => desk.heard.some(({ path }) => path === '/ticket'), { timeout: 15_000, interval: 50 }).toBe(true)
    expect(await ask(id, { hook: 'of_b', why: 'x' })).toMatchObject({ status: 400, body: { error: 'hook: there is none of this name; there are revoke_token, ticket' } })
    expect((await ask(id, { hook: 'ticket', why: 'x' }, 'a-read')).status).toBe(403)
    expect(said('hook.list', await asked<{ readonly hooks: readonly { readonly name: string }[] }>(desk, 'GET /api/v1/hooks', { token: 'a-read' })).body.hooks.map(({ name }) => name)).toEqual(['revoke_token', 'ticket'])
  }, 60_000)
})

describe('messages and receivers', () => {
  it('lists what was given up, and sends it once more under the same id', async () => {
    desk.refuse.add('/desk')
    await opened('dead', 'the desk does not want this')
    const dead = async () => said('delivery.list', await asked<{ readonly deliveries: readonly { readonly message_id: string; readonly receiver: string }[] }>(desk, 'GET /api/v1/deliveries?outcome=gave_up', { token: 'a-read' })).body.deliveries
    await expect.poll(async () => (await dead()).length, { timeout: 20_000, interval: 200 }).toBeGreaterThan(0)
    const [message] = await dead()
    desk.refuse.delete('/desk')
    const again = await asked(desk, `POST /api/v1/deliveries/${message?.message_id}/redeliver`, { token: 'a-triage', body: { why: 'it is back' } })
    expect(said('delivery.redeliver', again).status).toBe(200)
    await expect.poll(() => desk.heard.filter(({ id }) => id === message?.message_id).length, { timeout: 15_000, interval: 100 }).toBe(2)
    said('delivery.show', await asked(desk, `GET /api/v1/deliveries/${message?.message_id}`, { token: 'a-read' }))
    expect((await asked(desk, 'POST /api/v1/deliveries/unknown/redeliver', { token: 'a-triage' })).status).toBe(404)
  }, 60_000)

  it('says how receivers are without their addresses, and tries one', async () => {
    const told = said('receiver.list', await asked<{ readonly receivers: readonly { readonly name: string }[] }>(desk, 'GET /api/v1/receivers', { token: 'a-read' }))
    expect(told.body.receivers.map(({ name }) => name)).toEqual(['desk'])
    expect(JSON.stringify(told.body)).not.toMatch(/whsec_|http:/)
    expect(said('receiver.test', await asked(desk, 'POST /api/v1/receivers/desk/test', { token: 'a-admin' })).body).toMatchObject({ receiver: 'desk', delivered: true, status: 200, answer: 'heard' })
    expect(desk.heard.at(-1)).toMatchObject({ path: '/desk', body: { type: 'receiver.test', data: { by: 'a-admin' } } })
    expect((await asked(desk, 'POST /api/v1/receivers/only-b/test', { token: 'a-admin' })).status).toBe(404)
  })
})

describe('the command line', () => {
  const options = () => ({ api: desk.address, dataDir: desk.directory })
  async function printed(run: () => Promise<number>): Promise<{ readonly code: number; readonly text: string }> {
    const lines: string[] = []
    const spy = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
    vi.stubEnv('WATCHKEEPER_API_TOKEN', 'a-admin')
    try {
      return { code: await run(), text: lines.join('\n') }
    } finally {
      spy.mockRestore()
      vi.unstubAllEnvs()
    }
  }

  it('does the same, with tables that a stranger\'s text cannot leave', async () => {
    const id = await opened('cli', 'ann \u001b[2Jran a script at the prompt')
    const list = await printed(() => alertList({ ...options(), text: 'prompt' }))
    expect(list).toMatchObject({ code: 0, text: expect.stringContaining(id) as string })
    expect(list.text).not.toContain('\u001b[2J')
    expect((await printed(() => alertOrder('acknowledge', id, options()))).text).toContain('is acknowledged')
    expect((await printed(() => alertOrder('resolve', id, { ...options(), verdict: 'true', why: 'it was her' }))).text).toContain('is resolved')
    await expect(alertOrder('resolve', 'x', options())).rejects.toThrow('32 hex digits')
    const page = await printed(() => alertShow(id, options()))
    expect(page.text).toMatch(/verdict +true/)
    expect(page.text).not.toContain('\u001b')
    expect(JSON.parse((await printed(() => alertShow(id, { ...options(), json: true }))).text)).toMatchObject({ alert_id: id, verdict: 'true' })
    const silence = await printed(() => silenceAdd({ ...options(), match: ['server=files'], reason: 'drill', for: '1h', json: true }))
    const made = JSON.parse(silence.text) as { readonly silence: { readonly silence_id: string } }
    await expect(silenceAdd({ ...options(), match: ['server=files'], reason: 'drill' })).rejects.toThrow('needs an end')
    await expect.poll(async () => (await printed(() => silenceList(options()))).text, { timeout: 15_000 }).toContain(made.silence.silence_id)
    expect((await printed(() => silenceEnd(made.silence.silence_id, options()))).text).toContain('is over')
    expect((await printed(() => receiverList(options()))).text).toContain('desk')
    expect(await printed(() => alertTest({ ...options(), receiver: 'desk' }))).toEqual({ code: 0, text: 'desk took it (200).' })
    expect((await printed(() => deliveryList(options()))).text).toContain('delivered')
    expect((await printed(() => hookList(options()))).text).toContain('Revokes a token')
    expect((await printed(() => actionRequest(id, { ...options(), hook: 'revoke_token', why: 'x', target: ['token=abc'], dryRun: true }))).text).toMatch(/webhook-signature: v1,\(made[^]*"token": "abc"/)
    const asking = JSON.parse((await printed(() => actionRequest(id, { ...options(), hook: 'revoke_token', why: 'x', json: true }))).text) as { readonly action: { readonly action_id: string } }
    await expect(printed(() => actionDecide('approve', asking.action.action_id, options()))).rejects.toThrow('Another token must approve')
    expect((await printed(() => actionDecide('reject', asking.action.action_id, options()))).text).toContain('is rejected')
    expect((await printed(() => actionList({ ...options(), state: ['rejected'] }))).text).toContain(asking.action.action_id)
    await expect(printed(() => redeliver('unknown', options()))).rejects.toThrow('there is no message of this id')
  }, 60_000)
})

describe('docs/api.md', () => {
  it('has examples that do what they say', async () => {
    const id = await opened('docs', 'as the page says')
    const blocks = [...readFileSync('docs/api.md', 'utf8').matchAll(/```sh\n([^]*?)```/g)].flatMap(([, block = '']) => block.trim().split('\n'))
    expect(blocks.length).toBeGreaterThan(10)
    for (const line of blocks) {
      const { stdout } = await promisify(execFile)('sh', ['-euc', line.replace('curl -s', "curl -s -w '\\n%{http_code}'")], { env: { ...process.env, API: `http://${desk.address}`, TOKEN: 'a-triage', ID: id } })
      const [status = '', ...body] = stdout.trim().split('\n').toReversed()
      expect(Number(status), `${line}: ${body.join(' ')}`).toBeLessThan(202)
      expect(JSON.parse(body.join('')), line).not.toHaveProperty('error')
    }
  }, 60_000)
})

it('wrote every call down, with who and what', () => {
  const actions = new Set(desk.deeds.map(({ action }) => action))
  for (const action of ['alert.list', 'alert.show', 'alert.acknowledge', 'alert.resolve', 'silence.add', 'silence.end', 'action.request', 'action.approve', 'delivery.redeliver', 'receiver.test']) expect(actions).toContain(action)
  expect(desk.deeds.every(({ actor, tenant }) => actor.startsWith(`${tenant}-`))).toBe(true)
  expect(desk.deeds.find(({ action }) => action === 'alert.resolve')).toMatchObject({ tenant: 'a', actor: 'a-triage', actor_source: 'api.token' })
})

it('left nothing but findings among the findings, and nothing in quarantine', async () => {
  expect(await desk.store.query("SELECT countIf(detector = '') AS blank, (SELECT count() FROM watchkeeper.quarantine) AS quarantined FROM watchkeeper.findings")).toMatchObject([{ blank: 0n, quarantined: 0n }])
})
