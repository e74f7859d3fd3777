import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import { armAll } from '../detector-list.ts'
import { homeOf, type OwnedKey, stepsOf } from './route.ts'

const armed = armAll({})
const call = (change: Partial<Interaction>): Interaction => ({
  ...blankInteraction(), tenant: 'acme', interaction_id: 'i', version: 1, method: 'tools/call', tool: 'read_file', server: 'files', actor: 'ada', actor_kind: 'principal',
  client: 'desk', scopes: ['files:read'], scopes_trust: 'server_reported', outcome: 'ok', ...change,
})
const keysOf = (interaction: Interaction): OwnedKey[] => armed.flatMap((detector) => detector.keysOf(interaction).map((key) => ({ detector, key })))
const homesOf = (interaction: Interaction): ReadonlySet<string> => new Set(keysOf(interaction).map((owned) => homeOf('acme', owned)))

describe('the states of a call', () => {
  it('live beside each other where they are of one actor, one token or one server', () => {
    expect(homesOf(call({}))).toEqual(new Set(['acme\u0000actor:ada', 'acme\u0000server:files']))
    expect(homesOf(call({ token_fingerprint: 'f00d', token_trust: 'server_reported' }))).toEqual(new Set(['acme\u0000actor:ada', 'acme\u0000token:f00d', 'acme\u0000server:files']))
  })

  it('live where the key says, whatever else is in the call, and each key is sent once', () => {
    const name = fc.constantFrom('ada', 'bob of ada', 'read_file', 's:x', '')
    const some = fc.record({ actor: name, tool: name, server: name, token_fingerprint: name, conversation: name })
    fc.assert(fc.property(fc.array(some, { maxLength: 12 }), fc.integer({ min: 2, max: 12 }), (calls, partitions) => {
      const places = new Map<string, string>()
      for (const change of calls) {
        const interaction = call(change)
        const keys = keysOf(interaction)
        const steps = stepsOf({ interaction, bytes: undefined }, keys, partitions)
        const sent = steps.flatMap(({ record }) => record.keys.map(({ detector, key }) => `${detector} ${key}`))
        expect(sent.toSorted()).toEqual(keys.map(({ detector, key }) => `${detector.rule.id} ${key}`).toSorted())
        for (const owned of keys) {
          const known = places.get(`${owned.detector.rule.id} ${owned.key}`) ?? homeOf('acme', owned)
          expect(homeOf('acme', owned)).toBe(known)
          places.set(`${owned.detector.rule.id} ${owned.key}`, known)
        }
      }
    }))
  })
})
