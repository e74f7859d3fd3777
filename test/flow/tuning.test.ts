/** Verdicts of people, what they say of rules, and a proposal that somebody accepts: from findings to the API and back to the alerter. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Finding } from '../../schemas/finding.ts'
import type { Precision, Proposal } from '../../services/api/alerts/tuning.ts'
import { asked, type Desk, openDesk } from '../api/living-desk.ts'

interface Shown {
  readonly alert_id: string
  readonly silenced_by: string
}
const READ = { token: 'a-read' }
const noise = { actor: 'nightly', tool: "back'up", detector: 'unusual-volume', severity: 'medium' } as const
let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
}, 60_000)
afterAll(() => desk.close())

const found = <T>(look: () => Promise<T | undefined>): Promise<T> => vi.waitFor(async () => {
  const one = await look()
  if (one === undefined) throw new Error('it is not there')
  return one
}, { timeout: 30_000, interval: 50 })

let nth = 0
/** An alert of its own; each verdict is given before the next alert is opened. */
async function alertOf(change: Partial<Finding>): Promise<Shown> {
  const actor = change.actor ?? ''
  const known = new Set((await asked<{ readonly alerts: readonly Shown[] }>(desk, `GET /api/v1/alerts?actor=${actor}`, READ)).body.alerts.map(({ alert_id: id }) => id))
  await desk.find({ conversation: `conversation ${nth++}`, trace_id: '', ...change })
  return found(async () => (await asked<{ readonly alerts: readonly Shown[] }>(desk, `GET /api/v1/alerts?actor=${actor}`, READ)).body.alerts.find(({ alert_id: id }) => !known.has(id)))
}
async function judge(change: Partial<Finding>, verdict: 'true' | 'benign'): Promise<void> {
  const { alert_id: id } = await alertOf(change)
  expect((await asked(desk, `POST /api/v1/alerts/${id}/resolve`, { token: 'a-triage', body: { why: 'looked', verdict } })).status).toBe(200)
}
const precision = async (token: string) => (await asked<{ readonly rules: readonly Precision[] }>(desk, 'GET /api/v1/rules/precision', { token })).body.rules
const proposed = async (token: string) => (await asked<{ readonly proposals: readonly Proposal[] }>(desk, 'GET /api/v1/tuning', { token })).body.proposals

it('counts verdicts by rule, proposes what was benign and never true, and is quiet when somebody wants it', { timeout: 120_000 }, async () => {
  for (let i = 0; i < 3; i++) {
    expect(await proposed('a-read')).toEqual([])
    await judge(noise, 'benign')
    await judge({ ...noise, actor: 'mixed' }, i === 1 ? 'true' : 'benign')
  }
  const [proposal] = await found(async () => {
    const all = await proposed('a-read')
    return all.length > 0 ? all : undefined
  })
  expect(await proposed('a-read')).toHaveLength(1)
  expect(proposal).toMatchObject({
    tenant: 'a', detector: 'unusual-volume', actor: 'nightly', tool: "back'up", benign_alerts: 3, accepted_until: '',
    why: "3 alerts of unusual-volume of nightly with back'up were benign, and none was true.",
    matchers: [{ field: 'detector', value: 'unusual-volume' }, { field: 'actor', value: 'nightly' }, { field: 'tool', value: "back'up" }],
  })
  expect(await precision('a-read')).toEqual([
    { tenant: 'a', detector: 'unusual-volume', rule_version: 1, true_alerts: 1, benign_alerts: 5, duplicate_alerts: 0, precision: 0.167 },
  ])
  expect([await proposed('b-read'), await precision('b-read')]).toEqual([[], []])

  const path = `POST /api/v1/tuning/${proposal?.proposal_id}/accept`
  const body = { reason: 'the nightly backup', hours: 24 }
  expect((await asked(desk, path, { token: 'a-read', body })).status).toBe(403)
  expect((await asked(desk, path, { token: 'b-triage', body })).status).toBe(404)
  expect((await asked(desk, path, { token: 'a-triage', body: { reason: 'for ever' } })).status).toBe(400)
  const accepted = await asked<{ readonly silence: object }>(desk, path, { token: 'a-triage', body })
  expect([accepted.status, accepted.body.silence]).toMatchObject([201, { owner: 'a-triage', reason: 'the nightly backup', matchers: proposal?.matchers }])
  await found(async () => (await proposed('a-read')).find(({ accepted_until: until }) => until !== ''))
  const quiet = await alertOf(noise)
  await found(async () => {
    const alert = (await asked<{ readonly alerts: readonly Shown[] }>(desk, 'GET /api/v1/alerts?actor=nightly', READ)).body.alerts.find(({ alert_id: id }) => id === quiet.alert_id)
    return alert?.silenced_by === proposal?.proposal_id ? alert : undefined
  })
  const loud = await alertOf({ ...noise, actor: 'mixed' })
  await vi.waitFor(() => expect(desk.heard.filter(({ body: { type, data } }) => type === 'alert.open' && data['alert_id'] === loud.alert_id)).toHaveLength(1), { timeout: 20_000 })
  expect(desk.heard.filter(({ body: { data } }) => data['alert_id'] === quiet.alert_id)).toEqual([])
})
