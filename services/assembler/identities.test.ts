import { describe, expect, it } from 'vitest'
import { blankInteraction, type InteractionFields } from '../../schemas/interaction.ts'
import { identifier } from './identities.ts'
import { nameActor } from './merge.ts'

const identify = identifier([
  { tenant: 'default', name: 'anna@example.com', kind: 'person', aliases: ['u-1', 'ÄNNA', '__proto__'] },
  { tenant: 'default', name: 'nightly-export', kind: 'service', aliases: ['svc-export', 'export-client'] },
  { tenant: 'other', name: 'berta', kind: 'person', aliases: ['u-1'] },
])

function said(fields: Partial<InteractionFields>): string[] {
  const interaction = { ...blankInteraction(), tenant: 'default', ...fields }
  nameActor(interaction)
  const { principal, client, actor, actor_kind: kind, principal_trust: trust } = identify(interaction)
  return [principal, client, actor, kind, trust]
}

describe('identities', () => {
  it('name a person by any alias, in any case, in its tenant; what was said is not believed more for it', () => {
    const anna = (principal: string) => said({ principal, principal_trust: 'self_declared', client: 'claude' })
    for (const name of ['u-1', 'U-1', 'änna', '__PROTO__', 'Anna@Example.com']) {
      expect(anna(name)).toEqual(['anna@example.com', 'claude', 'anna@example.com', 'principal', 'self_declared'])
    }
    expect(anna('u-2')).toEqual(['u-2', 'claude', 'u-2', 'principal', 'self_declared'])
    expect(said({ tenant: 'other', principal: 'U-1' })[0]).toBe('berta')
    expect(said({ tenant: 'third', principal: 'u-1' })[0]).toBe('u-1')
  })

  it('tell services from people, also where an OAuth client is all that is known', () => {
    expect(said({ principal: 'svc-export' })).toEqual(['nightly-export', '', 'nightly-export', 'service', 'none'])
    expect(said({ client: 'export-client' })).toEqual(['', 'export-client', 'nightly-export', 'service', 'none'])
    expect(said({ client: 'export-client', principal: 'somebody' }).slice(2, 4)).toEqual(['somebody', 'principal'])
  })

  it('take no OAuth client for a person, and no agent or host for anybody', () => {
    expect(said({ client: 'u-1' }).slice(2, 4)).toEqual(['u-1', 'client'])
    expect(said({ agent: 'svc-export' }).slice(2, 4)).toEqual(['svc-export', 'agent'])
    expect(said({ host: 'anna@example.com' }).slice(2, 4)).toEqual(['anna@example.com', 'host'])
    expect(said({})).toEqual(['', '', '', 'unknown', 'none'])
  })

  it('make no conflict of two names of one person', () => {
    const conflict = (field: string, value: string) => JSON.stringify({ field, value, source: 's', trust: 'verified', said_by: 'x', holds: false })
    const of = (...identity_conflicts: string[]) => identify({ ...blankInteraction(), tenant: 'default', principal: 'u-1', identity_conflicts }).identity_conflicts
    const client = conflict('client', 'a')
    expect(of(conflict('principal', 'ÄNNA'), conflict('principal', 'u-1'), client)).toEqual([client])
    const others = [conflict('principal', 'u-1'), conflict('principal', 'svc-export')]
    expect(of(...others)).toEqual(others)
  })

  it('leave what is not known as it is, the same object', () => {
    const interaction = { ...blankInteraction(), principal: 'nobody' }
    expect(identify(interaction)).toBe(interaction)
    expect(identifier([])(interaction)).toBe(interaction)
  })
})
