/**
 * A policy as its file says it: what is allowed, denied and required, in YAML. One grammar of conditions serves `match`, `except` and `require`;
 * fields of a condition must all hold, and of the values of a field one.
 */
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { ActorKind, AddressRange, Effect, RequestedBy, RequestFit, Severity, Trust } from './vocabulary.ts'

const MOST_VALUES = 1_000
const MOST_RULES = 500

/** One value may stand without brackets. */
const listOf = <T extends z.ZodType>(value: T) => z.preprocess((given) => (typeof given === 'string' ? [given] : given), z.array(value).min(1).max(MOST_VALUES).readonly())
const name = z.string().min(1).max(256)
const names = listOf(name).optional()
const id = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 of a-z 0-9 _ -')

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const days = z.string().regex(/^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$/, 'must be a day such as mon, or days such as mon-fri')
const timeOfDay = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be a time such as "08:00"; write it in quotes')

const Hours = z.strictObject({
  zone: z.string().refine(isZone, 'is no time zone: write one such as Europe/Berlin').describe('On whose clock'),
  days: listOf(days).optional().describe('`mon`, `mon-fri`; every day where absent'),
  from: timeOfDay.default('00:00').describe('Begin, included'),
  to: timeOfDay.default('24:00').describe('End, not included; before `from` = on the next day'),
}).refine(({ from, to }) => from !== to, 'begins when it ends')
export type Hours = Readonly<z.infer<typeof Hours>>

function isNetwork(text: string): boolean {
  try {
    ipaddr.parseCIDR(text)
    return true
  } catch {
    return ipaddr.isValid(text) && (text.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(text))
  }
}

/** Text of names: `*` stands for any characters. */
export const Condition = z.strictObject({
  principals: names.describe('Person or service account, as the table of identities calls it'),
  groups: listOf(id).optional().describe('Groups of this file, or of the table of identities'),
  actors: names.describe('Who acts: principal, else client, else agent, else host'),
  kinds: listOf(ActorKind.exclude(['unknown'])).optional().describe('What the actor is'),
  clients: names.describe('OAuth client'),
  agents: names.describe('AI agent'),
  hosts: names.describe('Host that the sender runs on'),
  tokens: names.describe('Fingerprint of the token'),
  trust: Trust.exclude(['none']).optional().describe('How far who acts can be believed, at least'),
  servers: names.describe('MCP server'),
  targets: names.describe('Address or URL of the server, as the caller knew it'),
  tools: names.describe('Tool that is called'),
  resources: names.describe('URI of the resource that is read'),
  prompts: names.describe('Prompt that is fetched'),
  methods: names.describe('MCP method; a rule that names none is about uses: tools/call, resources/read, resources/subscribe, prompts/get'),
  effects: listOf(Effect.exclude(['unknown'])).optional().describe('What it does to the world'),
  scopes: names.describe('One of the scopes of the token'),
  scopes_within: names.describe('Every scope of the token'),
  destinations: names.describe('One of the hosts, domains and mail addresses that arguments send to or fetch from; `internal` = private addresses and the own domain'),
  destinations_within: names.describe('Every one of them'),
  networks: listOf(z.string().refine(isNetwork, 'must be an address or a network such as 10.0.0.0/8')).optional().describe('Address of the caller'),
  ranges: listOf(AddressRange.exclude([''])).optional().describe('Kind of that address'),
  countries: listOf(z.string().regex(/^[A-Z]{2}$/, 'must be two capital letters such as DE')).optional().describe('Country of that address'),
  hosting: z.enum(['yes', 'no']).optional().describe('Whether the address belongs to a hosting provider'),
  hours: z.preprocess((given) => (Array.isArray(given) || given === undefined ? given : [given]), z.array(Hours).min(1).max(50).optional()).describe('When it was, in one of these: as the telemetry says, at the latest when it arrived'),
  requested_by: listOf(RequestedBy.exclude(['unknown'])).optional().describe('Under whose turn it ran'),
  request_fit: listOf(RequestFit.exclude(['unknown'])).optional().describe('Whether that turn asked for it'),
  decisions: names.describe('Decision on the call, such as accept or reject'),
  decided_by: names.describe('Who or what decided, such as user or config'),
})
export type Condition = Readonly<z.infer<typeof Condition>>

const isEmpty = (condition: object): boolean => Object.values(condition).every((value) => value === undefined)
const Some = Condition.refine((condition) => !isEmpty(condition), 'is empty')

const Rule = z.strictObject({
  id,
  title: z.string().min(1).max(200).optional().describe('What a finding says is wrong; the id where absent'),
  effect: z.enum(['allow', 'deny', 'require']),
  match: Condition.prefault({}).describe('What it is about; every call where absent'),
  except: z.preprocess((given) => (Array.isArray(given) || given === undefined ? given : [given]), z.array(Some).max(100).default([])).describe('What it is not about'),
  require: Some.optional().describe('What has to hold; of effect require'),
  severity: Severity.optional().describe('Of its findings, in place of that of the policy'),
  report_only: z.boolean().default(false).describe('Its findings call nobody'),
  unknown: z.enum(['pass', 'violation']).optional().describe('What it is when telemetry does not say whether a requirement holds, in place of what the policy says'),
}).refine(({ effect, require: wanted }) => (effect === 'require') === (wanted !== undefined), 'has effect require and nothing that is required, or the other way round')
export type PolicyRule = Readonly<z.infer<typeof Rule>>

const tenant = z.string().regex(/^([a-z0-9][a-z0-9_-]{0,62}|\*)$/, 'must be 1 to 63 of a-z 0-9 _ -, or *')

/** Id of what is said where no rule allows. */
export const DEFAULT_RULE = 'default'

function groupsOf(condition: Condition | undefined): readonly string[] {
  return condition?.groups ?? []
}

/** Names that rules use and the file does not explain: those of the table of identities. */
export const foreignGroups = ({ rules, groups }: Pick<Policy, 'rules' | 'groups'>): readonly string[] =>
  [...new Set(rules.flatMap(({ match, except, require: wanted }) => [match, ...except, wanted].flatMap(groupsOf)))].filter((group) => !Object.hasOwn(groups, group)).sort()

export const Policy = z.strictObject({
  policy: id.describe('Its name: findings and reports show it'),
  version: z.number().int().min(1).max(4_294_967_295).describe('Grows with every change'),
  tenants: listOf(tenant).prefault(['default']).describe('Whose interactions it is about; `*` = all'),
  title: z.string().min(1).max(200),
  description: z.string().max(10_000).default(''),
  mode: z.enum(['enforce', 'report-only']).default('enforce').describe('report-only: findings are kept, and call nobody'),
  default: z.enum(['allow', 'deny']).default('allow').describe('What holds where no rule says anything'),
  unknown: z.enum(['pass', 'violation']).default('pass').describe('What it is when telemetry does not say whether a requirement holds, or whether a rule allows'),
  severity: Severity.default('medium'),
  groups: z.record(id, listOf(name)).default({}).describe('Names for several principals'),
  rules: z.array(Rule).min(1).max(MOST_RULES),
}).superRefine(({ rules, default: otherwise }, context) => {
  const seen = new Map<string, number>()
  for (const [at, { id: own, effect }] of rules.entries()) {
    const problem = (message: string): void => context.addIssue({ code: 'custom', path: ['rules', at], message })
    if (own === DEFAULT_RULE) problem(`cannot be called ${DEFAULT_RULE}`)
    if (seen.has(own)) problem(`has the id of rule ${String(seen.get(own))}: ${own}`)
    else seen.set(own, at)
    if (effect === 'allow' && otherwise === 'allow') problem('allows what is allowed anyway: set default to deny, or remove it')
  }
  if (otherwise === 'deny' && !rules.some(({ effect }) => effect === 'allow')) {
    context.addIssue({ code: 'custom', path: ['default'], message: 'denies everything: no rule allows anything' })
  }
})
export type Policy = Readonly<z.infer<typeof Policy>>
