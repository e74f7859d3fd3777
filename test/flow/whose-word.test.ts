/**
 * Names planted wherever bodies of every emitter can hold one, and where they only look as if: whoever is to be trusted most is believed, what was said
 * against it stays to be seen, and a token is in nothing that is written.
 */
import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKeyedHash } from '../../infra/keys/keyed-hash.ts'
import type { AuditEventFields } from '../../schemas/audit-event.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { NOTHING_SAID, SAID_KEY, saidIn } from '../../schemas/said-identity.ts'
import { EventRecord, interactions } from '../../schemas/topics.ts'
import { type Trust, TRUST_ORDER } from '../../schemas/vocabulary.ts'
import { conflictOf } from '../../services/assembler/conflicts.ts'
import { identifier, identityKey } from '../../services/assembler/identities.ts'
import { IDENTITY_FIELDS, reporterTrust } from '../../services/collector/normalise/compile.ts'
import { WATCHKEEPER } from '../../services/collector/normalise/emitters/conventions.ts'
import { EMITTERS } from '../../services/collector/normalise/emitters/list.ts'
import type { EmitterTable, IdentityField, Source } from '../../services/collector/normalise/emitters/table.ts'
import { createNormaliser } from '../../services/collector/normalise/normaliser.ts'
import { plainText, readerOf } from '../../services/collector/normalise/readings.ts'
import { normalised, type Observed, observedFolders } from '../../services/collector/normalise/sample-telemetry.ts'
import type { AnyValue, KeyValues, LogRecord, Scoped, Span } from '../../services/collector/otlp/model.ts'
import { attributeOf } from '../../services/collector/normalise/values.ts'
import { createRedactor } from '../../services/collector/redact/redactor.ts'
import { diceOf } from '../live/canaries/dice.ts'
import { canaryOf, KINDS } from '../live/canaries/secrets.ts'
import { assemble } from './assembling.ts'

/** WATCHKEEPER_RUNS looks longer. */
const RUNS = Number(process.env['WATCHKEEPER_RUNS'] ?? 3)

type Field = Exclude<IdentityField, 'client_address'>
/** Addresses have rules of their own: client-address.test.ts. */
const FIELDS = IDENTITY_FIELDS.filter((field): field is Field => field !== 'client_address')
const normaliser = createNormaliser({ mcpPaths: ['/mcp'] })

/** What looks like a name and is none: installations, sessions, machines, workloads, what a proxy was told. */
const NO_NAMES = [
  'enduser.pseudo.id', 'user.hash', 'installation.id', 'device.id', 'src.identity', 'remote_user',
  'session.id', 'process.owner', 'enduser.role', 'identity',
]
const keysOf = (tables: readonly EmitterTable[]): readonly string[] =>
  [...new Set(tables.flatMap(({ fields }) => FIELDS.flatMap((field) => (fields[field] ?? []).map(({ key }) => key))))]
const KEYS = [...new Set([...keysOf(EMITTERS), 'user.name', ...NO_NAMES])]
const NAMES = [
  'ann', 'ANN', 'bob@example.com', 'svc-export', 'u-1', 'anonymous', 'unknown', '[REDACTED]', 'a b',
  '{"sub":"planner","act":{"sub":"chat"}}', '["x","y"]', '{"act":{}}',
] as const
/** What makes some names count, and others more. */
const SWITCHES: readonly (readonly [string, string])[] = [
  ['identity.source', 'gateway-oidc'], ['identity.source', 'self'], ['auth.method', 'jwt'], ['auth.method', 'none'], ['auth.method', 'api_token'],
]

interface Plant { readonly key: string; readonly value: AnyValue; readonly at: number; readonly resource: boolean }
const named = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<AnyValue>(...NAMES) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<AnyValue>(true, 7, null, new Uint8Array(Buffer.from('ann')), new Uint8Array([0xff, 0]), ['ann', 'bob'], new Map([['sub', 'deep']])),
  },
)

/** Of ten places one is all records. */
const EVERYWHERE = 9
const place = fc.nat(EVERYWHERE)
/** Mostly where the emitter of these bodies looks for names. */
const plantFor = (keys: readonly string[]): fc.Arbitrary<Plant> => fc.oneof(
  { weight: 6, arbitrary: fc.record({ key: fc.constantFrom(...keys), value: named, at: place, resource: fc.constant(false) }) },
  { weight: 3, arbitrary: fc.record({ key: fc.constantFrom(...KEYS), value: named, at: place, resource: fc.boolean() }) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...SWITCHES), place).map(([[key, value], at]) => ({ key, value, at, resource: false })) },
)
const withPlants = (attributes: KeyValues, plants: readonly Plant[]): KeyValues =>
  new Map([...attributes, ...plants.map(({ key, value }) => [key, value] as const)])

/** The body with the plants in its records. */
function planted(body: Observed, plants: readonly Plant[]): Observed {
  let nth = 0
  const at = (resource: boolean): readonly Plant[] => plants.filter((plant) => plant.resource === resource && (plant.at === EVERYWHERE || plant.at === nth))
  const data = (body.data as readonly Scoped<Span | LogRecord>[]).map(({ resource, scope, items }) => ({
    resource: { attributes: withPlants(resource.attributes, at(true)) },
    scope,
    items: items.map((item) => {
      const changed = { ...item, attributes: withPlants(item.attributes, at(false)) }
      nth++
      return changed
    }),
  }))
  return { ...body, data } as Observed
}

interface Word { readonly text: string; readonly source: string; readonly trust: Trust }
/** And as it was sent. */
type Said = Word & { readonly sent: string }
const rankOf = (trust: Trust): number => TRUST_ORDER.indexOf(trust)

const chainText = (chain: readonly string[]): string => (chain.length === 0 ? '' : JSON.stringify(chain))

function heldBy(event: AuditEventFields, field: Field): Word {
  const said = event.attributes.has(SAID_KEY) ? saidIn(event.attributes.get(SAID_KEY)) : NOTHING_SAID
  if (field === 'caller_tenant') return { text: said.caller_tenant, source: said.caller_tenant_source, trust: said.caller_tenant_trust }
  if (field === 'delegation') return { text: chainText(said.delegation), source: said.delegation_source, trust: said.delegation_trust }
  if (field === 'scopes') return { text: event.scopes.join(' '), source: event.scopes_source, trust: event.scopes_trust }
  if (field === 'token_fingerprint') return { text: event.token_fingerprint, source: event.token_source, trust: event.token_trust }
  return { text: event[field], source: event[`${field}_source`], trust: event[`${field}_trust`] }
}

/** The words that a record and its resource have for a field, as the table of its emitter reads them one by one. */
function wordsFor(event: AuditEventFields, field: Field, attributes: KeyValues, resource: KeyValues): readonly Said[] {
  const table = EMITTERS.find(({ id }) => id === event.emitter) as EmitterTable
  const own: readonly Source[] = table.fields[field] ?? []
  const read = (values: KeyValues, source: Source): Said[] => {
    const { key, where, from, only, trust } = source
    if (where !== undefined && plainText(values.get(where.key)) !== where.is) return []
    if (from?.includes(event.vantage) === false || (only !== undefined && event.signal !== only)) return []
    const text = values.has(key) ? readerOf(source)(values.get(key) ?? null) : ''
    const sent = attributeOf(values.get(key) ?? null).text
    return text === '' ? [] : [{ text, source: key, sent, trust: trust === undefined || trust === 'reporter' ? reporterTrust(event.vantage) : trust }]
  }
  const reported: readonly Source[] = field === 'agent' ? [] : WATCHKEEPER[field]
  const said = [...own.flatMap((source) => read(attributes, source)), ...reported.flatMap((source) => read(resource, source))]
  if (field === 'principal') said.push(...(table.resourcePrincipal ?? []).flatMap((key) => read(resource, { key, trust: 'self_declared' })))
  if (field === 'agent' && table.agentFromService === true) said.push(...read(resource, { key: 'service.name', trust: 'self_declared' }))
  return said
}

function checkEvent(event: AuditEventFields, attributes: KeyValues, resource: KeyValues): void {
  const kept = [...event.attributes.values(), ...event.resource_attributes.values()].map(({ text }) => text)
  for (const field of FIELDS) {
    const words = wordsFor(event, field, attributes, resource)
    const best = Math.min(...words.map(({ trust }) => rankOf(trust)), rankOf('none'))
    const held = heldBy(event, field)
    expect(rankOf(held.trust), `${event.emitter} ${field} ${JSON.stringify(words)}`).toBe(best)
    if (words.length === 0) expect(held.text).toBe('')
    else expect(words.filter(({ trust }) => rankOf(trust) === best).map(({ text, source, trust }) => ({ text, source, trust }))).toContainEqual(held)
    for (const { text, source, sent } of words) {
      expect((text === held.text && source === held.source) || sent === '' || kept.includes(sent), `${event.emitter} ${source}=${sent} is kept`).toBe(true)
    }
  }
  if (event.actor_kind === 'principal') expect(event.actor).toBe(event.principal)
}

/** Each record of a body with its resource, in the order of the events that they become. */
function checkBody(body: Observed): readonly AuditEventFields[] {
  return (body.data as readonly Scoped<Span | LogRecord>[]).flatMap((scoped) => scoped.items.flatMap((item) => {
    const { events, counted } = normalised(normaliser, { ...body, data: [{ ...scoped, items: [item] }] } as Observed)
    expect(events.length + counted.rejected.length + [...counted.skipped.values()].reduce((sum, one) => sum + one, 0)).toBe(1)
    for (const event of events) checkEvent(event, item.attributes, scoped.resource.attributes)
    return [...events]
  }))
}

const TRUSTS = {
  principal: 'principal_trust', client: 'client_trust', token_fingerprint: 'token_trust', caller_tenant: 'caller_tenant_trust', delegation: 'delegation_trust',
} as const
type Contested = keyof typeof TRUSTS

function checkCall(call: Interaction, events: ReadonlyMap<string, AuditEventFields>): void {
  const observed = call.event_ids.map((id) => events.get(id) as AuditEventFields)
  for (const field of Object.keys(TRUSTS) as Contested[]) {
    const words = observed.map((event) => heldBy(event, field)).filter(({ text }) => text !== '')
    const best = Math.min(...words.map(({ trust }) => rankOf(trust)), rankOf('none'))
    expect(rankOf(call[TRUSTS[field]]), field).toBe(best)
    const value = field === 'delegation' ? chainText(call.delegation) : call[field]
    if (words.length > 0) expect(words.filter(({ trust }) => rankOf(trust) === best).map(({ text }) => text)).toContain(value)
    const different = new Set(words.map(({ text }) => (field === 'principal' ? text.toLowerCase() : text)))
    const told = call.identity_conflicts.map(conflictOf).filter((conflict) => conflict.field === field)
    if (different.size < 2) expect(told).toEqual([])
    else {
      expect(told.some(({ holds }) => holds), `${field} names what holds`).toBe(true)
      expect(told.some(({ holds }) => !holds) && told.length + (told.at(-1)?.more ?? 0) >= different.size, `${field}: ${JSON.stringify(told)}`).toBe(true)
    }
  }
}

const PEOPLE = [
  { tenant: 'default', name: 'ann', kind: 'person', aliases: ['u-1', 'bob@example.com'] },
  { tenant: 'default', name: 'nightly', kind: 'service', aliases: ['svc-export'] },
] as const
const identify = identifier(PEOPLE)

/** An alias renames whoever is known, in any case, and makes nobody of a name that was not said as a person's or a service's. */
function checkAlias(call: Interaction): void {
  const meant = identify(call)
  const isAlias = (alias: string, name: string): boolean => identityKey('default', alias) === identityKey('default', name)
  const known = (name: string) => PEOPLE.find((one) => [one.name, ...one.aliases].some((alias) => isAlias(alias, name)))
  const service = call.principal === '' && known(call.client)?.kind === 'service' ? known(call.client) : undefined
  const person = call.principal === '' ? undefined : known(call.principal)
  expect([meant.principal, meant.principal_trust, meant.client]).toEqual([person?.name ?? call.principal, call.principal_trust, call.client])
  expect(meant.actor).toBe(person?.name ?? service?.name ?? call.actor)
  const others = new Set(call.identity_conflicts.map(conflictOf).filter(({ field }) => field === 'principal').map(({ value }) => known(value)?.name ?? value))
  expect(meant.identity_conflicts.some((text) => conflictOf(text).field === 'principal')).toBe(others.size > 1)
}

describe.each(observedFolders())('$folder', ({ folder, bodies }) => {
  const emitters = new Set(bodies.flatMap((body) => normalised(normaliser, body).events).map(({ emitter }) => emitter))
  const plants = fc.array(plantFor(keysOf(EMITTERS.filter(({ id }) => emitters.has(id)))), { minLength: 1, maxLength: 14 })

  it('believes whoever is to be trusted most, and keeps what the others said', () => {
    fc.assert(fc.property(plants, (drawn) => {
      const events = bodies.flatMap((body) => [...checkBody(planted(body, drawn))])
      const known = new Map(events.map((event) => [event.event_id, event]))
      for (const call of assemble(events)) {
        checkCall(call, known)
        checkAlias(call)
      }
    }), { numRuns: RUNS })
  })

  it('writes no token down', () => {
    const seed = randomInt(2 ** 31)
    const dice = diceOf(seed)
    const token = canaryOf(dice.roll(KINDS.length), dice)
    const redactor = createRedactor(createKeyedHash(Buffer.alloc(32, 1)))
    const keys = [...KEYS, 'http.request.header.authorization', 'authorization', 'mcp.request.header.authorization', 'access_token']
    const everywhere = keys.flatMap((key) => [false, true].map((resource): Plant => ({ key, value: token.text, at: EVERYWHERE, resource })))
    const events = bodies.flatMap((body) => [...normalised(normaliser, planted(body, everywhere)).events])
    for (const event of events) redactor.redact(event)
    const written = [...EventRecord.together(events).map(({ bytes }) => bytes as Buffer), interactions.codec.encode(assemble(events).map(identify))]
    expect(written.some((bytes) => bytes.includes(token.core)), `${folder} seed ${seed}: ${token.kind}`).toBe(false)
  })
})
