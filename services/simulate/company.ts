/** The company: who works in it, with which agents, on which servers. Made from a seed; life happens in `people.ts`, `jobs.ts` and `changes.ts`. */
import { type Office, OFFICES } from './calendar.ts'
import { CATALOGUE, type Kind, KINDS, type ToolSpec } from './catalogue.ts'
import type { Dice } from './dice.ts'
import type { Resource } from './otlp.ts'
import { Places } from './places.ts'
import { COMPANIES, COMPANY_DOMAIN, customerMail, FIRST, LAST, NOUNS, PROJECTS } from './words.ts'

export const ROLES = ['engineer', 'sre', 'analyst', 'sales', 'support', 'finance', 'people', 'legal', 'marketing', 'manager'] as const
export type Role = (typeof ROLES)[number]
const SHARE: Readonly<Record<Role, number>> = { engineer: 30, sre: 6, analyst: 9, sales: 14, support: 14, finance: 6, people: 4, legal: 3, marketing: 7, manager: 7 }
/** Kinds of servers that a role works with, besides what everybody has. */
const TOOLS_OF: Readonly<Record<Role, readonly Kind[]>> = {
  engineer: ['git', 'builds', 'shell', 'database', 'web'], sre: ['kubernetes', 'monitoring', 'cloud', 'git', 'shell', 'builds', 'vault'], analyst: ['database', 'reports', 'storage', 'web'], sales: ['crm', 'reports', 'contracts', 'web'],
  support: ['support', 'crm', 'translate'], finance: ['ledger', 'reports', 'database'], people: ['people', 'reports'], legal: ['contracts', 'translate', 'web'], marketing: ['marketing', 'crm', 'web', 'translate'], manager: ['reports', 'people', 'web'],
}
const EVERYBODY: readonly Kind[] = ['mail', 'calendar', 'chat', 'files', 'wiki', 'tickets']

/** How a server or the gateway before it tells what happens. */
export type ServerEmitter = 'fastmcp' | 'logfire' | 'agentgateway' | 'semconv' | 'litellm'
export interface Server {
  readonly name: string
  readonly kind: Kind
  readonly emitter: ServerEmitter
  readonly resource: Resource
  readonly host: string
  version: string
  tools: ToolSpec[]
  /** Day from which it is there. */
  readonly since: number
}

/** `pydantic`: an agent whose spans hold contents; `openinference`: its spans hold arguments and results; `claude`: log records of an assistant on the own machine; `desktop`: sends nothing. */
export type AgentEmitter = 'pydantic' | 'openinference' | 'claude' | 'desktop'
export interface Agent {
  readonly emitter: AgentEmitter
  readonly name: string
  /** OAuth client. */
  readonly client: string
  readonly userAgent: string
  readonly resource: Resource
}

/** Who calls, as telemetry shows it. */
export interface Caller {
  readonly principal: string
  /** Runs by a timer: nobody's turn stands behind it. */
  readonly service: boolean
  readonly token: string
  readonly scopes: readonly string[]
  readonly address: string
  readonly agent: Agent
}

export interface Person {
  readonly index: number
  readonly principal: string
  readonly name: string
  readonly role: Role
  /** What a promotion added. */
  readonly alsoDoes: Role[]
  readonly office: Office
  agent: Agent
  /** Newer models look before they act. */
  careful: boolean
  /** Tasks on an ordinary day. */
  readonly pace: number
  /** Local hour at which the day begins, and how long it is. */
  readonly begins: number
  readonly hours: number
  readonly owl: boolean
  readonly servers: Map<Kind, Server>
  scopes: string[]
  token: string
  readonly customers: readonly string[]
  readonly projects: readonly string[]
  readonly repositories: readonly string[]
  readonly colleagues: readonly string[]
  readonly contacts: string[]
  readonly sites: string[]
  readonly homeAddress: string
  readonly since: number
  until: number
}

export interface Company {
  readonly seed: string
  readonly dice: Dice
  readonly places: Places
  readonly people: Person[]
  readonly servers: Server[]
  readonly firstDay: number
  readonly lastDay: number
}

const SITES = ('docs.python.org developer.mozilla.org nodejs.org kubernetes.io www.postgresql.org en.wikipedia.org stackoverflow.com github.com www.typescriptlang.org www.rfc-editor.org docs.aws.amazon.com www.reuters.com ' +
  'www.destatis.de www.iso.org news.ycombinator.com arxiv.org www.w3.org www.ietf.org martinfowler.com www.gov.uk').split(' ')

export const scopesOf = (kinds: Iterable<Kind>): string[] => [...kinds].flatMap((kind) => (kind === 'web' || kind === 'translate' ? [`${kind}:use`] : [`${kind}:read`, `${kind}:write`]))

const EMITTERS: readonly ServerEmitter[] = ['fastmcp', 'agentgateway', 'logfire', 'semconv', 'agentgateway', 'fastmcp', 'litellm', 'logfire']
const GATEWAYS: Readonly<Partial<Record<ServerEmitter, Resource>>> = {
  agentgateway: { attributes: [['service.name', 'agentgateway'], ['service.version', '1.4.1'], ['host.name', 'gw-1']] },
  litellm: { attributes: [['service.name', 'litellm'], ['telemetry.sdk.language', 'python'], ['host.name', 'llm-gw-1']] },
}

export function makeServer(kind: Kind, name: string, { index, since, version = '1.0.0' }: { readonly index: number; readonly since: number; readonly version?: string }): Server {
  const emitter = EMITTERS[index % EMITTERS.length] as ServerEmitter
  const host = `mcp-${String(index).padStart(2, '0')}`
  const own: Resource = { attributes: [['service.name', name], ['service.version', version], ['telemetry.sdk.language', emitter === 'semconv' ? 'nodejs' : 'python'], ['host.name', host]] }
  return { name, kind, emitter, host, version, since, resource: GATEWAYS[emitter] ?? own, tools: [...CATALOGUE[kind]] }
}

function makeServers(dice: Dice, count: number, firstDay: number): Server[] {
  const teams = ['', 'platform', 'emea', 'apac', 'americas', 'core', 'labs']
  const servers: Server[] = []
  for (let index = 0; index < Math.max(count, KINDS.length); index++) {
    const kind = KINDS[index % KINDS.length] as Kind
    const team = teams[Math.floor(index / KINDS.length) % teams.length] as string
    servers.push(makeServer(kind, team === '' ? kind : `${kind}-${team}`, { index, since: firstDay, version: `${dice.int(1, 4)}.${dice.int(0, 20)}.${dice.int(0, 9)}` }))
  }
  return servers
}

const MODELS = ['sonnet-4.5', 'gpt-5.1', 'gemini-3'] as const
export function makeAgent(dice: Dice, emitter: AgentEmitter, owner: string): Agent {
  const version = `${dice.int(1, 3)}.${dice.int(0, 30)}.${dice.int(0, 9)}`
  const host = `laptop-${owner}`
  const named = { pydantic: ['work-assistant', 'work-assistant'], openinference: ['research-agent', 'research-agent'], claude: ['claude-code', 'claude-code'], desktop: ['desktop', dice.pick(['claude-desktop', 'cursor', 'vscode-mcp'])] } as const
  const [service, client] = named[emitter]
  const attributes: Resource['attributes'] = emitter === 'claude'
    ? [['service.name', 'claude-code'], ['service.version', version], ['host.arch', 'arm64'], ['os.type', 'darwin']]
    : [['service.name', service], ['service.version', version], ['telemetry.sdk.language', 'python'], ['host.name', host], ['gen_ai.model', dice.pick(MODELS)]]
  return { emitter, name: service, client, userAgent: `${client}/${version}`, resource: { attributes } }
}

function makePerson(company: Omit<Company, 'people'>, index: number): Person {
  const dice = company.dice.for(`person ${index}`)
  // No two people have one name.
  const name = `${dice.pick(FIRST)}.${dice.pick(LAST)}${index >= 12 ? index : ''}`
  const role = dice.weighted(SHARE)
  const office = dice.pick(OFFICES)
  const emitter = dice.weighted<AgentEmitter>(role === 'engineer' ? { claude: 4, pydantic: 3, desktop: 3, openinference: 1 } : { pydantic: 5, desktop: 4, openinference: 2 })
  const kinds = [...EVERYBODY.filter(() => dice.chance(0.85)), ...TOOLS_OF[role].filter((_, at) => at < 2 || dice.chance(0.75))]
  const servers = new Map(kinds.map((kind) => [kind, dice.pick(company.servers.filter((server) => server.kind === kind))]))
  const days = company.lastDay - company.firstDay
  const hired = dice.chance((0.06 * days) / 44)
  return {
    index, principal: `${name}@${COMPANY_DOMAIN}`, name, role, alsoDoes: [], careful: false, office, agent: makeAgent(dice, emitter, name), pace: Math.min(14, Math.max(1.5, dice.around(role === 'engineer' ? 5 : 4, 0.45))),
    begins: 7.5 + dice.between(0, 2.5), hours: 7.5 + dice.between(0, 2), owl: dice.chance(0.06), servers, scopes: scopesOf(servers.keys()), token: `tok-${dice.hex(24)}`,
    customers: dice.sample(COMPANIES, dice.int(4, 9)), projects: dice.sample(PROJECTS, dice.int(2, 4)), repositories: dice.sample(PROJECTS, dice.int(2, 5)).map((one) => `acme/${one}-${dice.pick(['api', 'web', 'jobs', 'infra'])}`),
    colleagues: Array.from({ length: dice.int(4, 10) }, () => `${dice.pick(FIRST)}.${dice.pick(LAST)}@${COMPANY_DOMAIN}`), contacts: Array.from({ length: dice.int(3, 8) }, () => customerMail(dice, dice.pick(COMPANIES))),
    sites: dice.sample(SITES, dice.int(4, 10)), homeAddress: company.places.home(dice, office.country),
    since: hired ? company.firstDay + dice.int(3, Math.max(4, days - 3)) : company.firstDay, until: dice.chance((0.03 * days) / 44) ? company.firstDay + dice.int(Math.floor(days / 3), days) : company.lastDay + 1,
  }
}

export interface CompanyOptions {
  readonly dice: Dice
  readonly seed: string
  readonly principals: number
  readonly servers: number
  /** Days since 1970, both included. */
  readonly firstDay: number
  readonly lastDay: number
}

/** One principal in ten is a service agent (`jobs.ts`). */
export const peopleAmong = (principals: number): number => Math.max(1, Math.round(principals * 0.9))

export function makeCompany({ dice, seed, principals, servers: count, firstDay, lastDay }: CompanyOptions): Company {
  const base = { seed, dice, places: new Places(), servers: makeServers(dice.for('servers'), count, firstDay), firstDay, lastDay }
  return { ...base, people: Array.from({ length: peopleAmong(principals) }, (_, index) => makePerson(base, index)) }
}

export const topic = (dice: Dice): string => `${dice.pick(PROJECTS)} ${dice.pick(NOUNS)}`
