/** A condition of a policy as tests of an interaction. Three answers: what telemetry does not say is neither yes nor no. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Condition } from '../../schemas/policy.ts'
import { type Trust, TRUST_ORDER } from '../../schemas/vocabulary.ts'
import { isToolCall } from '../caller/call.ts'
import { destinationsOf } from '../destinations/destination.ts'
import { secondsOf } from '../stats/moment.ts'
import { hoursText, insideOf } from './hours.ts'
import { type Names, namesOf } from './names.ts'
import { networksOf } from './networks.ts'

export type Truth = 0 | 1 | 2
export const NO = 0
export const UNKNOWN = 1
export const YES = 2

export interface Test {
  readonly field: keyof Condition
  /** What is asked for, in words. */
  readonly wanted: string
  holds(interaction: Interaction): Truth
  /** What the interaction says of it; '' where nothing. */
  said(interaction: Interaction): string
}

/** Members of a group, by its name. */
export type Members = (group: string) => readonly string[]

/** Least truth of all; at the first no nothing more is asked. */
export function allHold(tests: readonly Test[], interaction: Interaction): Truth {
  let least: Truth = YES
  for (const test of tests) {
    const truth = test.holds(interaction)
    if (truth === NO) return NO
    if (truth < least) least = truth
  }
  return least
}

type Read = (interaction: Interaction) => string
const IRRELEVANT = '\u0000'

/** '' = nobody says; IRRELEVANT = it cannot have one. */
const personOf: Read = ({ principal, actor, actor_kind: kind }) => (principal !== '' ? principal : kind === 'principal' || kind === 'service' ? actor : kind === 'unknown' ? '' : IRRELEVANT)
const toolOf: Read = (interaction) => (isToolCall(interaction) ? interaction.tool : interaction.method === '' || interaction.method === 'tools/call' ? '' : IRRELEVANT)
const ofMethod = (prefix: string, read: Read): Read => (interaction) => (interaction.method.startsWith(prefix) ? read(interaction) : interaction.method === '' ? '' : IRRELEVANT)
export const methodOf: Read = (interaction) => (interaction.method === '' && interaction.tool !== '' ? 'tools/call' : interaction.method)
const known = (read: Read): Read => (interaction) => {
  const word = read(interaction)
  return word === 'unknown' ? '' : word
}

interface Field {
  readonly read: Read
  /** Case does not count. */
  readonly folds: boolean
}
const field = (read: Read, folds = false): Field => ({ read, folds })

/** Fields of one text each, cheap ones first: this is the order in which they are asked. */
const TEXTS = {
  methods: field(methodOf), servers: field(({ server }) => server), tools: field(toolOf), effects: field(known(({ effect }) => effect)), kinds: field(known(({ actor_kind: kind }) => kind)),
  actors: field(({ actor }) => actor, true), principals: field(personOf, true), clients: field(({ client }) => client, true), agents: field(({ agent }) => agent, true), hosts: field(({ host }) => host, true),
  tokens: field(({ token_fingerprint: token }) => token), targets: field(({ target }) => target), resources: field(ofMethod('resources/', ({ resource }) => resource)),
  prompts: field(ofMethod('prompts/', ({ prompt }) => prompt)), ranges: field(({ client_range: range }) => range), countries: field(({ client_country: country }) => country),
  hosting: field(({ client_hosting: hosting }) => hosting), requested_by: field(known(({ requested_by: by }) => by)), request_fit: field(known(({ request_fit: fit }) => fit)),
  decisions: field(({ decision }) => decision, true), decided_by: field(({ decision_by: by }) => by, true),
} as const satisfies Partial<Record<keyof Condition, Field>>

const MOST_SHOWN = 6
const listText = (values: readonly string[]): string => (values.length > MOST_SHOWN ? `${values.slice(0, MOST_SHOWN).join(', ')} and ${values.length - MOST_SHOWN} more` : values.join(', '))
const shown = (text: string): string => (text === IRRELEVANT ? '' : text)

function textTest(name: keyof Condition, { read, folds }: Field, values: readonly string[], wanted = listText(values)): Test {
  const names = namesOf(values, folds)
  return {
    field: name, wanted, said: (interaction) => shown(read(interaction)),
    holds(interaction) {
      const text = read(interaction)
      return text === '' ? UNKNOWN : text !== IRRELEVANT && names.has(text) ? YES : NO
    },
  }
}

const trustOf = ({ actor_kind: kind, principal_trust: principal, client_trust: client, agent_trust: agent }: Interaction): Trust =>
  kind === 'principal' ? principal : kind === 'service' ? (principal === 'none' ? client : principal) : kind === 'client' ? client : kind === 'agent' ? agent : 'none'

function trustTest(least: Trust): Test {
  const rank = TRUST_ORDER.indexOf(least)
  return {
    field: 'trust', wanted: `at least ${least}`, said: trustOf,
    holds: (interaction) => (interaction.actor === '' ? UNKNOWN : TRUST_ORDER.indexOf(trustOf(interaction)) <= rank ? YES : NO),
  }
}

function scopesTest(name: 'scopes' | 'scopes_within', values: readonly string[]): Test {
  const names = namesOf(values, false)
  const fits = (scope: string): boolean => names.has(scope)
  return {
    field: name, wanted: `${name === 'scopes' ? 'one of' : 'only'} ${listText(values)}`, said: ({ scopes }) => listText(scopes),
    holds: ({ scopes }) => (scopes.length === 0 ? UNKNOWN : (name === 'scopes' ? scopes.some(fits) : scopes.every(fits)) ? YES : NO),
  }
}

const INTERNAL = 'internal'

function destinationsTest(name: 'destinations' | 'destinations_within', values: readonly string[]): Test {
  const names: Names = namesOf(values.filter((value) => value !== INTERNAL), true)
  const internal = values.includes(INTERNAL)
  const fits = (one: ReturnType<typeof destinationsOf>[number]): boolean => (internal && one.internal) || names.has(one.name) || names.has(one.host) || (one.domain !== '' && names.has(one.domain))
  return {
    field: name, wanted: `${name === 'destinations' ? 'one of' : 'only'} ${listText(values)}`, said: (interaction) => listText(destinationsOf(interaction).map((one) => one.name)),
    holds(interaction) {
      if (!isToolCall(interaction)) return name === 'destinations' ? NO : YES
      if (interaction.arguments === '') return UNKNOWN
      const found = destinationsOf(interaction)
      return (name === 'destinations' ? found.some(fits) : found.every(fits)) ? YES : NO
    },
  }
}

function networksTest(values: readonly string[]): Test {
  const inside = networksOf(values)
  return {
    field: 'networks', wanted: listText(values), said: ({ client_address: address }) => address,
    holds({ client_address: address }) {
      const found = address === '' ? undefined : inside(address)
      return found === undefined ? UNKNOWN : found ? YES : NO
    },
  }
}

function hoursTest(hours: NonNullable<Condition['hours']>): Test {
  const inside = insideOf(hours)
  return {
    field: 'hours', wanted: hoursText(hours), said: (interaction) => new Date(secondsOf(interaction) * 1_000).toISOString(),
    holds: (interaction) => (inside(secondsOf(interaction)) ? YES : NO),
  }
}

/** Tests of a condition, cheap ones first. Names of groups must be known to `members`. */
export function testsOf(condition: Condition, members: Members): readonly Test[] {
  const tests: Test[] = []
  for (const [name, one] of Object.entries(TEXTS) as [keyof typeof TEXTS, Field][]) {
    const values = condition[name]
    if (values !== undefined) tests.push(textTest(name, one, typeof values === 'string' ? [values] : values))
  }
  if (condition.groups !== undefined) tests.push(textTest('groups', TEXTS.principals, condition.groups.flatMap((group) => members(group)), listText(condition.groups)))
  if (condition.trust !== undefined) tests.push(trustTest(condition.trust))
  for (const name of ['scopes', 'scopes_within'] as const) if (condition[name] !== undefined) tests.push(scopesTest(name, condition[name]))
  if (condition.networks !== undefined) tests.push(networksTest(condition.networks))
  if (condition.hours !== undefined) tests.push(hoursTest(condition.hours))
  for (const name of ['destinations', 'destinations_within'] as const) if (condition[name] !== undefined) tests.push(destinationsTest(name, condition[name]))
  return tests
}
