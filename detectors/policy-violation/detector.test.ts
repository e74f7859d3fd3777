import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import { Policy } from '../../schemas/policy.ts'
import { SEVERITY_ORDER } from '../../schemas/vocabulary.ts'
import { arm, type Draft } from '../detector.ts'
import { parseExamples } from '../example.ts'
import { compilePolicy } from '../policy/compiled.ts'
import { policyViolation } from './detector.ts'

const shipped = (name: string) => compilePolicy(Policy.parse(parse(readFileSync(new URL(`../../policies/${name}.yaml`, import.meta.url), 'utf8'))), 'f'.repeat(64))
const review = (policies: readonly ReturnType<typeof shipped>[], interaction: Interaction): readonly Draft[] =>
  arm(policyViolation, {}).review(interaction, { hash: (text) => text, policies: (tenant, at) => (tenant === interaction.tenant && at === interaction.received_at ? policies : []) })
const MONDAY_NOON = BigInt(Date.UTC(2026, 2, 2, 12)) * 1_000_000n
const call = (change: Partial<Interaction>): Interaction => ({
  ...blankInteraction(), tenant: 'default', method: 'tools/call', server: 'erp', tool: 'get_invoice', effect: 'read', actor: 'ann@example.com', actor_kind: 'principal', principal: 'ann@example.com',
  principal_trust: 'verified', outcome: 'ok', arguments: '{}', started_at: MONDAY_NOON, ended_at: MONDAY_NOON, received_at: MONDAY_NOON, ...change })
const rulesOf = (drafts: readonly Draft[]): string[] => drafts.map(({ about }) => about[2] as string)

describe('policy-violation', () => {
  const starter = shipped('starter')
  const cases = ['fires', 'quiet'].flatMap((name) => parseExamples(readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
  it.each(cases.map((one) => [one.expect.why, one] as const))('%s', (_, { interactions, expect: wanted }) => {
    const drafts = interactions.flatMap((interaction) => review([starter], interaction))
    expect(drafts.map(({ title }) => title)).toHaveLength(wanted.findings)
    if (wanted.severity !== undefined) expect(drafts.map(({ severity }) => severity).sort((a, b) => SEVERITY_ORDER.indexOf(b) - SEVERITY_ORDER.indexOf(a))[0]).toBe(wanted.severity)
    for (const { features = [] } of drafts) {
      expect(features.map(({ name }) => name)[0]).toBe('policy')
      expect(features.every(({ observed }) => observed !== '')).toBe(true)
      expect(features.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1)
    }
    for (const reason of wanted.reasons) expect(drafts.flatMap(({ reasons }) => reasons).join('\n')).toContain(reason)
  })

  it('says nothing without policies, of other tenants, and where nobody keeps any', () => {
    expect(review([], call({ effect: 'grant' }))).toEqual([])
    expect(arm(policyViolation, {}).review(call({}), { hash: (text) => text })).toEqual([])
  })

  it.each([
    ['what finance does', {}, []], ['another server', { server: 'crm' }, ['default']], ['a server that nobody names', { server: '' }, ['default']],
    ['engineering at git', { actor: 'cy@dev.example.com', principal: 'cy@dev.example.com', server: 'git', tool: 'read_file' }, []],
    ['engineering with a tool that is not listed', { actor: 'cy@dev.example.com', principal: 'cy@dev.example.com', server: 'git', tool: 'force_push' }, ['default']],
    ['a payment at night', { tool: 'pay', effect: 'pay', decision: 'accept', decision_by: 'user', started_at: MONDAY_NOON - 43_200_000_000_000n, ended_at: MONDAY_NOON - 43_200_000_000_000n }, ['office-hours']],
    ['a payment that nobody approved', { tool: 'pay', effect: 'pay' }, ['four-eyes']],
    ['a payment that only the caller vouches for', { tool: 'pay', effect: 'pay', decision: 'accept', decision_by: 'user', principal_trust: 'self_declared' }, ['believable']],
    ['a wide token', { scopes: ['erp:read', 'admin:org'] }, ['small-tokens']], ['mail to outside', { effect: 'send', tool: 'send', arguments: '{"to":"x@gmail.com"}' }, ['known-places']],
    ['a caller from abroad', { client_address: '203.0.113.9', client_country: 'BR', client_hosting: 'yes' }, ['from-inside']], ['a caller in the office', { client_address: '10.0.0.9' }, []],
  ] as const)('strict: %s', (_, change, rules) => expect(rulesOf(review([shipped('strict')], call(change as Partial<Interaction>)))).toEqual(rules))

  it('only reports what is report-only', () => {
    const [draft] = review([shipped('strict')], call({ server: 'crm' }))
    expect(draft).toMatchObject({ severity: 'info', title: 'ann@example.com broke policy strict: no rule allows it', expected: 'what one of its rules allows' })
    expect(draft?.reasons).toEqual(['policy strict version 1 (ffffffffffff), rule default', 'report-only: otherwise medium'])
  })

  it('says the same of a rule, actor, server and tool once a day', () => {
    const about = (change: Partial<Interaction>): string => JSON.stringify(review([starter], call({ effect: 'delete', decision: 'accept', decision_by: 'config', ...change }))[0]?.about)
    expect(about({})).toBe(about({ interaction_id: 'x', started_at: MONDAY_NOON + 1n }))
    for (const change of [{ tool: 'other' }, { server: 'other' }, { actor: 'other', principal: 'other' }, { ended_at: MONDAY_NOON + 86_400_000_000_000n, received_at: MONDAY_NOON + 86_400_000_000_000n }]) expect(about(change)).not.toBe(about({}))
  })

  it('tells no argument and cuts what is long', () => {
    const long = 'x'.repeat(100_000)
    const drafts = review([starter], call({ effect: 'send', tool: long, server: long, actor: long, arguments: `{"url":"https://webhook.site/SECRET-PATH?token=SECRET","text":"${long}"}` }))
    expect(drafts).toHaveLength(1)
    expect(JSON.stringify({ ...drafts[0], about: [] })).not.toContain('SECRET')
    expect(JSON.stringify({ ...drafts[0], about: [] }).length).toBeLessThan(4_000)
  })
})
