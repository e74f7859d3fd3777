import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compilePolicy } from '../../detectors/policy/compiled.ts'
import { openStore } from '../../infra/clickhouse/store.ts'
import { blankInteraction, exampleInteraction, type Interaction } from '../../schemas/interaction.ts'
import { Policy } from '../../schemas/policy.ts'
import { credentialsSql, reviewSql } from './access.ts'
import { explain } from './policy-explain.ts'
import { PolicyTrial } from './policy-trial.ts'

const policyOf = (rest: object) => compilePolicy(Policy.parse({ policy: 'p', version: 3, title: 'P', ...rest }), 'h'.repeat(64))
const RULES = [{ id: 'no-drop', effect: 'deny', match: { tools: 'drop*' }, severity: 'high' }, { id: 'asked', effect: 'require', match: { effects: 'delete' }, require: { requested_by: 'user_turn' }, report_only: true, severity: 'low' }]
const DAY = 86_400_000_000_000n
const call = (n: number, change: Partial<Interaction> = {}): Interaction => ({
  ...blankInteraction(), interaction_id: String(n), tenant: 'default', method: 'tools/call', tool: 'drop_table', server: 'db', actor: 'ann', actor_kind: 'principal', principal: 'ann', outcome: 'ok', started_at: DAY, ended_at: DAY, received_at: DAY, ...change })

describe('a trial', () => {
  it('counts calls, findings and those that people would be told of, as if all were enforced', () => {
    const trial = new PolicyTrial([policyOf({ mode: 'report-only', rules: RULES })], 'medium')
    const calls = [call(1), call(2), call(3, { actor: 'bob', principal: 'bob' }), call(4, { outcome: 'denied', actor: 'eve', principal: 'eve' }), call(5, { tool: 'rm', effect: 'delete', requested_by: 'none' }), call(6, { tool: 'ls' }), call(7, { tenant: 'other' })]
    for (const one of calls) trial.judge(one)
    expect([trial.judged, trial.broken]).toEqual([7, 5])
    expect(trial.rules.map(({ rule, severity, calls: n, findings, told, actors }) => [rule, severity, n, findings.size, told.size, Object.fromEntries(actors)])).toEqual([
      ['no-drop', 'high', 4, 3, 2, { ann: 2, bob: 1, eve: 1 }], ['asked', 'low', 1, 1, 0, { ann: 1 }]])
  })
})

describe('an explanation', () => {
  it('says of each rule what fits and what does not', () => {
    const { verdict, broken, rules } = explain(policyOf({ rules: [...RULES, { id: 'here', effect: 'require', match: { effects: 'delete' }, except: { servers: 'db' }, require: { countries: 'DE' } }] }), call(1, { effect: 'delete' }))
    expect([verdict, broken]).toEqual(['violation', ['no-drop']])
    expect(rules).toEqual([
      { id: 'no-drop', effect: 'deny', concerns: 'is about it', why: ['tools: yes (is drop_table; wanted drop*)'] },
      { id: 'asked', effect: 'require', concerns: 'is about it', why: ['effects: yes (is delete; wanted delete)', 'required requested_by: not said (nothing is said; wanted user_turn)'] },
      { id: 'here', effect: 'require', concerns: 'is not about it', why: ['effects: yes (is delete; wanted delete)', 'except 1, servers: yes (is db; wanted db)'] },
    ])
    expect(explain(policyOf({ rules: RULES }), call(1, { method: 'tools/list', tool: '' })).rules[0]?.why).toEqual(['it is about uses of tools, resources and prompts, and this is none'])
  })
})

describe('access', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wk-review-'))
  const store = openStore({ directory, readers: 1 })
  const now = BigInt(Date.now()) * 1_000_000n
  const used = (n: number, days: number, change: Partial<Interaction>): Interaction => {
    const at = now - BigInt(days) * DAY
    return { ...exampleInteraction, interaction_id: String(n).padStart(32, '0'), started_at: at, sort_at: at, principal: 'ann', client: '', agent: '', effect: 'read', scopes: ['wiki:write', 'files:write', 'mail.send', 'profile'], scopes_trust: 'verified', ...change }
  }
  const rows = async (sql: string): Promise<Record<string, unknown>[]> => (await store.query(sql.replaceAll('FROM access_', 'FROM watchkeeper.access_').replaceAll('FROM credentials', 'FROM watchkeeper.credentials'))).map((row) => ({ ...row }))
  beforeAll(async () => {
    await store.migrate()
    await store.insertRows('interactions', [
      used(1, 100, { server: 'wiki', effect: 'write' }), used(2, 5, { server: 'files', effect: 'write' }), used(3, 4, { server: 'files' }), used(4, 200, { server: 'old', scopes: ['gone:write'] }),
    ], 'i')
    const look = { tenant: 'default', kind: 'watchkeeper_token', credential: 'fresh', day: now - (now % DAY), looked_at: now, fingerprint: 'a', holder: '', scopes: ['ingest'], place: 'f', issued_at: now - 10n * DAY, expires_at: now + 300n * DAY, revoked_at: 0n }
    await store.insertRows('credentials', [look, { ...look, credential: 'aged', issued_at: now - 500n * DAY }, { ...look, credential: 'ending', expires_at: now + 3n * DAY }, { ...look, credential: 'taken', issued_at: now - 500n * DAY, revoked_at: now - DAY },
      { ...look, kind: 'certificate', credential: 'otlp.tls', expires_at: now - DAY }], 'c')
  })
  afterAll(async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('lists what was granted lately and not used, a scope by the servers that it names', async () => {
    const found = await rows(reviewSql({ days: 90 }))
    expect(found.map(({ name, access, servers, calls }) => [name, access, servers, calls])).toEqual([['wiki:write', 'change', ['files', 'wiki'], 3n]])
    expect((await rows(reviewSql({ days: 3 }))).map(({ name }) => name)).toEqual([])
    expect((await rows(reviewSql({ days: 4_000 }))).map(({ name }) => name)).toEqual(['gone:write'])
    expect(await rows(reviewSql({ days: 90, holder: "o'brien", tenant: 'default', server: 'x', kind: 'scope' }))).toEqual([])
  })

  it('tells which credentials are old, end soon or have ended', async () => {
    const limits = { maxAgeDays: 365, soonDays: 30 }
    expect((await rows(credentialsSql({}, limits))).map(({ credential, state }) => [credential, state])).toEqual([['otlp.tls', 'expired'], ['ending', 'ends soon'], ['aged', 'overdue']])
    expect((await rows(credentialsSql({ all: true, tenant: 'default' }, limits))).map(({ credential }) => credential)).toEqual(['otlp.tls', 'ending', 'aged', 'fresh', 'taken'])
  })
})
