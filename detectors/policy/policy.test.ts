import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import { Condition, foreignGroups, Policy } from '../../schemas/policy.ts'
import { compilePolicy, violationsOf } from './compiled.ts'
import { allHold, NO, testsOf, UNKNOWN, YES } from './condition.ts'
import { insideOf } from './hours.ts'
import { namesOf } from './names.ts'
import { networksOf } from './networks.ts'

const NOON = BigInt(Date.UTC(2026, 2, 2, 12)) * 1_000_000n
const call = (change: Partial<Interaction> = {}): Interaction => ({
  ...blankInteraction(), tenant: 'acme', method: 'tools/call', tool: 'read_file', server: 'files', effect: 'read', actor: 'ann', actor_kind: 'principal', principal: 'ann', principal_trust: 'verified',
  scopes: ['files:read'], client_address: '10.1.2.3', client_range: 'private', started_at: NOON, ended_at: NOON, received_at: NOON, outcome: 'ok', arguments: '{"path":"/a"}', ...change })
const truth = (condition: object, change: Partial<Interaction> = {}) => allHold(testsOf(Condition.parse(condition), (group) => (group === 'staff' ? ['Ann', 'bob*'] : [])), call(change))
const policyOf = (rest: object) => compilePolicy(Policy.parse({ policy: 'p', version: 1, title: 'P', ...rest }), 'h'.repeat(64))
const broken = (rest: object, change: Partial<Interaction> = {}): string[] => violationsOf(policyOf(rest), call(change)).map(({ rule }) => rule.id)

describe('a condition', () => {
  it.each([
    [{ tools: 'read_*' }, YES], [{ tools: 'Read_file' }, NO], [{ tools: ['x', '*file'] }, YES], [{ servers: 'mail' }, NO], [{ principals: 'ANN' }, YES], [{ groups: 'staff' }, YES], [{ kinds: ['service', 'agent'] }, NO],
    [{ effects: 'read' }, YES], [{ scopes: 'files:*' }, YES], [{ scopes_within: ['mail:*'] }, NO], [{ networks: '10.0.0.0/8' }, YES], [{ networks: ['192.168.0.0/16', '2001:db8::/32'] }, NO], [{ ranges: 'public' }, NO],
    [{ trust: 'server_reported' }, YES], [{ methods: 'tools/*' }, YES], [{ resources: '*' }, NO], [{ prompts: '*' }, NO], [{ tools: 'read_file', servers: 'mail' }, NO], [{}, YES],
    [{ hours: { zone: 'UTC', from: '08:00', to: '18:00' } }, YES], [{ hours: { zone: 'Asia/Tokyo', from: '08:00', to: '18:00' } }, NO],
  ])('%j', (condition, wanted) => expect(truth(condition)).toBe(wanted))

  it.each([
    [{ servers: '*' }, { server: '' }], [{ principals: '*' }, { principal: '', actor: '', actor_kind: 'unknown' as const }], [{ effects: 'read' }, { effect: 'unknown' as const }], [{ scopes: '*' }, { scopes: [] }],
    [{ networks: '0.0.0.0/0' }, { client_address: 'proxy-1' }], [{ countries: 'DE' }, {}], [{ hosting: 'yes' }, {}], [{ decisions: 'accept' }, {}], [{ requested_by: 'user_turn' }, {}], [{ request_fit: 'asked' }, {}],
    [{ destinations: '*' }, { arguments: '' }], [{ destinations_within: 'a.com' }, { arguments: '' }], [{ trust: 'verified' }, { actor: '', actor_kind: 'unknown' as const }], [{ tools: '*' }, { method: '', tool: '' }],
  ])('%j does not know', (condition, change) => expect(truth(condition, change)).toBe(UNKNOWN))

  it('knows that a client is no principal, and a program no person', () => {
    expect(truth({ principals: '*' }, { principal: '', actor: 'app', actor_kind: 'client' })).toBe(NO)
    expect(truth({ principals: 'job-7' }, { principal: '', actor: 'job-7', actor_kind: 'service' })).toBe(YES)
  })

  it('reads destinations of arguments', () => {
    const send = { tool: 'fetch', arguments: '{"url":"https://api.evil.example.com/x?y=1","webhook":"https://hooks.acme.org/in"}' }
    expect(truth({ destinations: ['*.good.example.com', 'evil.example.com'] }, send)).toBe(NO)
    expect(truth({ destinations: '*.evil.example.com' }, send)).toBe(YES)
    expect(truth({ destinations: 'api.evil.example.com' }, send)).toBe(YES)
    expect(truth({ destinations: 'example.com' }, send)).toBe(YES)
    expect(truth({ destinations_within: ['acme.org'] }, send)).toBe(NO)
    expect(truth({ destinations_within: ['acme.org', 'example.com'] }, send)).toBe(YES)
    expect(truth({ destinations_within: ['acme.org'] })).toBe(YES)
    expect(truth({ destinations: '*' })).toBe(NO)
    expect(truth({ destinations_within: ['internal'] }, { tool: 'fetch', arguments: '{"url":"http://10.0.0.8/x"}' })).toBe(YES)
  })
})

describe('precedence', () => {
  const deny = { id: 'd', effect: 'deny', match: { tools: 'drop*' } }
  const allow = { id: 'a', effect: 'allow', match: { servers: ['files', 'db'] } }
  const need = { id: 'r', effect: 'require', match: { effects: ['delete'] }, require: { decisions: 'accept', decided_by: 'user' } }

  it('what is denied or not met is not lifted by what allows; the default comes last', () => {
    const policy = { default: 'deny', rules: [allow, deny, need] }
    expect(broken(policy)).toEqual([])
    expect(broken(policy, { tool: 'drop_table', server: 'db' })).toEqual(['d'])
    expect(broken(policy, { server: 'mail' })).toEqual(['default'])
    expect(broken(policy, { tool: 'drop_it', server: 'mail', effect: 'delete', decision: 'reject', decision_by: 'user' })).toEqual(['d', 'r'])
    expect(broken({ rules: [deny] }, { server: 'mail' })).toEqual([])
  })

  it('what nobody says is no violation, unless the policy wants it said', () => {
    const change = { effect: 'delete' as const }
    expect(broken({ rules: [need] }, change)).toEqual([])
    expect(broken({ unknown: 'violation', rules: [need] }, change)).toEqual(['r'])
    expect(broken({ unknown: 'violation', rules: [{ ...need, unknown: 'pass' }] }, change)).toEqual([])
    expect(broken({ rules: [need] }, { ...change, decision: 'accept' })).toEqual([])
    expect(broken({ rules: [need] }, { ...change, decision: 'accept', decision_by: 'config' })).toEqual(['r'])
    expect(broken({ default: 'deny', rules: [allow] }, { server: '' })).toEqual([])
    expect(broken({ default: 'deny', unknown: 'violation', rules: [allow] }, { server: '' })).toEqual(['default'])
    expect(broken({ unknown: 'violation', rules: [{ id: 'x', effect: 'deny', match: { countries: 'KP' } }] })).toEqual([])
  })

  it('what is excepted is not meant; where that is not known, nothing is said', () => {
    const policy = { rules: [{ ...deny, except: { principals: 'root' } }] }
    expect(broken(policy, { tool: 'drop' })).toEqual(['d'])
    expect(broken(policy, { tool: 'drop', principal: 'root', actor: 'root' })).toEqual([])
    expect(broken(policy, { tool: 'drop', principal: '', actor: '', actor_kind: 'unknown' })).toEqual([])
  })

  it('lists and handshakes are only the business of rules that name them', () => {
    const list = { method: 'tools/list', tool: '', effect: 'unknown' as const }
    expect(broken({ default: 'deny', rules: [{ ...allow, match: { servers: 'x' } }] }, list)).toEqual([])
    expect(broken({ rules: [{ id: 'any', effect: 'deny' }] }, list)).toEqual([])
    expect(broken({ rules: [{ id: 'any', effect: 'deny', match: { methods: '*' } }, { id: 'use', effect: 'deny' }] }, list)).toEqual(['any'])
    expect(broken({ rules: [{ id: 'any', effect: 'deny' }] }, { method: '' })).toEqual(['any'])
  })
})

describe('a file', () => {
  const problems = (file: object): string[] => Policy.safeParse({ policy: 'p', version: 1, title: 'P', rules: [{ id: 'a', effect: 'deny' }], ...file }).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []

  it('names every problem at once', () => {
    expect(problems({ version: 0, colour: 'red', rules: [{ id: 'A', effect: 'deny', match: { tool: 'x', networks: '10.0.0.0/99', hours: { zone: 'Moon', from: '9' } } }] }).length).toBeGreaterThanOrEqual(6)
  })
  it.each([
    [{ rules: [{ id: 'a', effect: 'deny' }, { id: 'a', effect: 'deny' }] }, /has the id of rule 0/], [{ rules: [{ id: 'a', effect: 'allow' }] }, /allowed anyway/], [{ default: 'deny' }, /denies everything/],
    [{ rules: [{ id: 'a', effect: 'require' }] }, /nothing that is required/], [{ rules: [{ id: 'a', effect: 'require', require: {} }] }, /is empty/], [{ rules: [{ id: 'default', effect: 'deny' }] }, /cannot be called/],
    [{ rules: [{ id: 'a', effect: 'deny', match: { effects: ['unknown'] } }] }, /rules.0.match.effects.0/], [{ rules: [{ id: 'a', effect: 'deny', match: { tools: [] } }] }, /tools/], [{ tenants: ['A B'] }, /tenants/],
    [{ rules: [{ id: 'a', effect: 'deny', except: {} }] }, /is empty/],
  ])('%j', (file, message) => expect(problems(file).join('\n')).toMatch(message))

  it('says which groups it leaves to the table of identities', () => {
    const rules = [{ id: 'a', effect: 'deny', match: { groups: ['own', 'sre'] }, except: [{ groups: 'dba' }] }, { id: 'b', effect: 'require', require: { groups: 'sre' } }]
    expect(foreignGroups(Policy.parse({ policy: 'p', version: 1, title: 'P', groups: { own: 'ann' }, rules }))).toEqual(['dba', 'sre'])
  })
})

describe('hours', () => {
  const at = (text: string): number => Date.parse(text) / 1_000
  it('follow the clock of the zone, over midnight and over the change to summer time', () => {
    const office = insideOf([{ zone: 'Europe/Berlin', days: ['mon-fri'], from: '08:00', to: '18:00' }])
    expect(['2026-03-27T07:30:00Z', '2026-03-30T06:30:00Z', '2026-03-28T10:00:00Z', '2026-03-30T16:00:00Z'].map((text) => office(at(text)))).toEqual([true, true, false, false])
    const night = insideOf([{ zone: 'UTC', days: ['fri-sat'], from: '22:00', to: '06:00' }])
    expect(['2026-03-27T22:00:00Z', '2026-03-28T05:59:59Z', '2026-03-28T06:00:00Z', '2026-03-29T03:00:00Z', '2026-03-29T23:00:00Z', '2026-03-27T03:00:00Z'].map((text) => night(at(text)))).toEqual([true, true, false, true, false, false])
    expect(insideOf([{ zone: 'UTC', days: ['sat-mon'], from: '00:00', to: '24:00' }])(at('2026-03-30T12:00:00Z'))).toBe(true)
  })
})

describe('names', () => {
  it('fit as a regular expression says, and take no longer for hostile ones', () => {
    const glob = fc.array(fc.constantFrom('a', 'b', '*', '.'), { maxLength: 8 }).map((parts) => parts.join(''))
    fc.assert(fc.property(glob, fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 10 }).map((parts) => parts.join('')), (pattern, text) => {
      const asRegex = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`, 's')
      expect(namesOf([pattern], false).has(text)).toBe(asRegex.test(text))
    }), { numRuns: 2_000 })
    expect(namesOf(['*a*a*a*a*a*a*b'], false).has('a'.repeat(200_000))).toBe(false)
    expect(namesOf(['Ａdmin'], true).has('admin')).toBe(true)
  })
})

describe('networks', () => {
  const inside = networksOf(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'])
  it.each([['10.2.3.4', true], ['::ffff:10.2.3.4', true], ['11.0.0.1', false], ['2001:db8::1%eth0', true], ['192.0.2.7', true], ['010.1.1.1', undefined], ['10.1', undefined], ['', undefined], ['x', undefined]])('%s', (address, wanted) =>
    expect(inside(address)).toBe(wanted))
})
