import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuditEvent, blankAuditEvent } from '../../schemas/audit-event.ts'
import { encodeCanonical } from '../../schemas/canonical.ts'
import { SAID_KEY, type SaidIdentity, saidAttribute } from '../../schemas/said-identity.ts'
import { Trust, TRUST_ORDER, Vantage } from '../../schemas/vocabulary.ts'
import { conflictOf } from './conflicts.ts'
import { merged } from './merge.ts'
import { type Observation, observationOf } from './observation.ts'
import { partOf } from './part.ts'
import { mergeParts } from './related/merge-parts.ts'
import { newTrace } from './trace.ts'

let next = 0
function observation(fields: Partial<AuditEvent>, said?: Partial<SaidIdentity>): Observation {
  const attributes = said === undefined ? new Map() : new Map([[SAID_KEY, saidAttribute(said)]])
  return observationOf(encodeCanonical({
    ...blankAuditEvent(), event_id: (next++).toString(16).padStart(32, '0'), method: 'tools/call', tool: 't', tenant: 'acme', attributes, ...fields,
  }).bytes)
}
const told = (observations: readonly Observation[]) => merged(observations).identity_conflicts.map(conflictOf)

describe('identities that do not agree', () => {
  const gateway = observation({ vantage: 'gateway', source: 'gw', principal: 'ann', principal_source: 'jwt.sub', principal_trust: 'verified' })
  const server = observation({ vantage: 'server', source: 'files', principal: 'bob', principal_source: 'user.id', principal_trust: 'server_reported' })
  const client = observation({ vantage: 'client', source: 'app', principal: 'ANN', principal_source: 'user.email', principal_trust: 'client_reported' })

  it('are settled by trust, and all that was said is kept', () => {
    const fields = merged([server, client, gateway])
    expect(fields).toMatchObject({ principal: 'ann', principal_source: 'jwt.sub', principal_trust: 'verified', actor: 'ann' })
    expect(fields.identity_conflicts.map(conflictOf)).toEqual([
      { field: 'principal', value: 'ann', source: 'jwt.sub', trust: 'verified', said_by: 'gw', holds: true },
      { field: 'principal', value: 'bob', source: 'user.id', trust: 'server_reported', said_by: 'files', holds: false },
      { field: 'principal', value: 'ANN', source: 'user.email', trust: 'client_reported', said_by: 'app', holds: true },
    ])
  })

  it('leave a person, a tool and a text that are called unknown their name', () => {
    const said = { tool: 'unknown', principal: 'unknown', arguments: 'unknown', result: 'unknown', outcome: 'ok' } as const
    expect(merged([observation(said), observation({ tool: '', vantage: 'server' })])).toMatchObject({ ...said, actor: 'unknown', actor_kind: 'principal' })
  })

  it('are none where one says nothing, or the same in another case', () => {
    expect(told([gateway, client])).toEqual([])
    expect(told([gateway, observation({ vantage: 'agent' })])).toEqual([])
    expect(told([gateway])).toEqual([])
  })

  it('may be clients, tokens, tenants and chains too, but not agents', () => {
    const one = observation({ client: 'a', token_fingerprint: 'f1', agent: 'x', client_trust: 'verified' }, { delegation: ['p', 'q'], delegation_source: 'jwt.act', delegation_trust: 'verified', caller_tenant: 'acme' })
    const other = observation({ client: 'A', token_fingerprint: 'f2', agent: 'y' }, { delegation: ['p'], caller_tenant: 'umbrella' })
    expect(told([one, other]).map(({ field, value }) => [field, value])).toEqual([
      ['client', 'a'], ['client', 'A'], ['token_fingerprint', 'f1'], ['token_fingerprint', 'f2'], ['caller_tenant', 'acme'], ['caller_tenant', 'umbrella'],
      ['delegation', 'p ← q'], ['delegation', 'p'],
    ])
    expect(merged([other, one])).toMatchObject({ delegation: ['p', 'q'], delegation_source: 'jwt.act', delegation_trust: 'verified' })
  })

  it('are bounded, with what holds among them and how many more there are', () => {
    const many = Array.from({ length: 40 }, (_, i) => observation({ vantage: 'client', principal: `p${i}`, principal_trust: 'client_reported', source: 'x'.repeat(i) }))
    const conflicts = told(many)
    expect(conflicts).toHaveLength(8)
    expect(conflicts.filter(({ holds }) => holds).map(({ value }) => value)).toEqual([merged(many).principal])
    expect(conflicts.at(-1)?.more).toBe(32)
    expect(told([gateway, observation({ principal: 'x'.repeat(9_999), principal_trust: 'server_reported' })])[1]?.value).toHaveLength(256)
  })

  const said = fc.record({
    vantage: fc.constantFrom(...Vantage.options), source: fc.constantFrom('a', 'b', 'c'), principal: fc.constantFrom('', 'ann', 'bob', 'Ann', 'eve"\u0000'),
    principal_trust: fc.constantFrom(...Trust.options), principal_source: fc.constantFrom('k1', 'k2'), client: fc.constantFrom('', 'c1', 'c2'), client_trust: fc.constantFrom(...Trust.options),
  }).map((fields) => observation(fields))

  it('come to the same in whatever order they were heard, the most trusted first', () => {
    fc.assert(fc.property(fc.array(said, { minLength: 1, maxLength: 7 }).chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))), ([all, shuffled]) => {
      const fields = merged(all)
      expect(merged(shuffled)).toEqual(fields)
      const named = all.filter(({ principal }) => principal !== '')
      const best = Math.min(...named.map(({ principal_trust: trust }) => TRUST_ORDER.indexOf(trust)))
      if (named.length > 0) expect(TRUST_ORDER.indexOf(fields.principal_trust)).toBe(best)
      const values = new Set(named.map(({ principal }) => principal.toLowerCase()))
      expect(fields.identity_conflicts.map(conflictOf).some(({ field }) => field === 'principal')).toBe(values.size > 1)
    }))
  })

  it('are the same where the views come from several traces', () => {
    fc.assert(fc.property(fc.array(fc.array(said, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 4 }).chain((views) => fc.tuple(fc.constant(views), fc.shuffledSubarray(views, { minLength: views.length }))), ([views, shuffled]) => {
      const parts = (all: readonly (readonly Observation[])[]) => all.map((view) =>
        partOf({ ...merged(view), interaction_id: (view[0] as Observation).event_id }, { trace: newTrace(), key: '', known: undefined, states: { asked: '', answered: '' } }))
      const of = (all: readonly (readonly Observation[])[]): readonly string[] => {
        const [first, ...rest] = parts(all)
        return first === undefined ? [] : mergeParts(parts(views)[0] as typeof first, [first, ...rest]).interaction.identity_conflicts
      }
      expect(of(shuffled)).toEqual(of(views))
      const values = new Set(views.flat().map(({ principal }) => principal.toLowerCase()).filter((value) => value !== ''))
      expect(of(views).map(conflictOf).some(({ field }) => field === 'principal')).toBe(values.size > 1)
    }))
  })
})
