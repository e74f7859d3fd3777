import { expect, it } from 'vitest'
import { Config } from '../config/schema.ts'
import { groupsOf } from './policies.ts'

it('knows groups of a tenant with all that its members are called, and none for all tenants', () => {
  const config = Config.parse({ identities: [
    { name: 'ann', kind: 'person', aliases: ['u-1'], groups: ['sre'] }, { name: 'bob', kind: 'person' }, { name: 'eve', kind: 'person', tenant: 'other', groups: ['sre'] }, { name: 'job', kind: 'service', groups: ['sre', 'jobs'] }] })
  const groups = groupsOf(config)
  expect([groups('default', 'sre'), groups('other', 'sre'), groups('default', 'dba'), groups('other', 'jobs'), groups('*', 'sre')]).toEqual([['ann', 'u-1', 'job'], ['eve'], undefined, undefined, undefined])
  expect(() => Config.parse({ identities: [{ name: 'x', kind: 'person', groups: ['No Group'] }] })).toThrow(/1 to 63/)
})
