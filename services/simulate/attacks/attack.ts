/** What an attack is, and what attackers have at hand: victims, stolen tokens, hosts of their own, times at which nobody looks. */
import { DAY, HOUR, isWorkday, offsetOf } from '../calendar.ts'
import type { Kind } from '../catalogue.ts'
import { type Agent, type Caller, type Company, makeAgent, type Person, type Server } from '../company.ts'
import type { Dice } from '../dice.ts'
import type { Call, Ending, Run } from '../run.ts'
import { FIRST, NOUNS } from '../words.ts'

/** Red flag of the mission that the attack raises. */
export type Flag = 'data' | 'identity' | 'command' | 'intent' | 'supply' | 'network'

export interface Planned {
  /** Whose names are misused, or who is misled. */
  readonly principals: readonly string[]
  readonly runs: readonly Run[]
  /** Of attacks by what servers offer: whose lists show it. */
  readonly servers?: readonly string[]
  readonly tools?: readonly string[]
  /** What changes at the servers, and when (milliseconds since 1970). */
  readonly changes?: readonly { readonly at: number; apply(): void }[]
}

export interface Attack {
  readonly name: string
  readonly flag: Flag
  /** Detectors that could tell, by their names in the documentation. */
  readonly detectors: readonly string[]
  /** Days that it takes; one where omitted. */
  readonly days?: number
  /** Undefined where the company has nobody to do it to. */
  plan(scene: AttackScene): Planned | undefined
}

const TOP = ['com', 'net', 'io', 'top', 'xyz', 'cc', 'site', 'dev', 'click', 'info']

export class AttackScene {
  readonly dice: Dice
  readonly company: Company
  /** Days since 1970. */
  readonly day: number
  readonly #taken: Set<number>

  /** `taken`: people who were attacked before; they are spared while there are others. */
  constructor(dice: Dice, company: Company, { day, taken }: { readonly day: number; readonly taken: Set<number> }) {
    this.dice = dice
    this.company = company
    this.day = day
    this.#taken = taken
  }

  /** Somebody who has been there for a while and passes the test. */
  person(test: (person: Person) => boolean = () => true): Person | undefined {
    const fit = this.company.people.filter((person) => person.since === this.company.firstDay && person.until >= this.day + 1 && test(person))
    const fresh = fit.filter(({ index }) => !this.#taken.has(index))
    const list = fresh.length > 0 ? fresh : fit
    if (list.length === 0) return undefined
    const person = this.dice.pick(list)
    this.#taken.add(person.index)
    return person
  }

  /** Somebody with a server of the kind, whose telemetry comes from servers too. */
  owner(kind: Kind, test: (person: Person) => boolean = () => true): Person | undefined {
    return this.person((person) => person.servers.has(kind) && person.agent.emitter !== 'claude' && test(person))
  }

  server(kind: Kind, person?: Person): Server {
    return person?.servers.get(kind) ?? this.dice.pick(this.company.servers.filter((server) => server.kind === kind))
  }

  /** A working day of the person, `later` days from the first. */
  #workday({ office }: Person, later = 0): number {
    let day = this.day + later
    for (let tries = 0; tries < 4 && !isWorkday(office.country, day); tries++) day++
    return day
  }

  /** In the person's office hours. */
  inHours(person: Person, later = 0): number {
    const day = this.#workday(person, later)
    return day * DAY - offsetOf(person.office.zone, day * DAY) + (person.begins + this.dice.between(0.5, person.hours - 1)) * HOUR
  }

  /** In the person's small hours. */
  byNight(person: Person, later = 0): number {
    const day = this.day + later
    return day * DAY - offsetOf(person.office.zone, day * DAY) + this.dice.between(0.3, 5) * HOUR
  }

  /** Whenever it suits somebody on the other side of the world. */
  anyTime(): number {
    return (this.day + this.dice.next()) * DAY
  }

  ownPlace({ homeAddress, office }: Person): string {
    return this.dice.chance(0.5) ? homeAddress : this.company.places.office(office.country)
  }

  /** Who does it as the person: in the person's own agent. */
  as(person: Person, address = this.ownPlace(person)): Caller {
    return { principal: person.principal, service: false, token: person.token, scopes: person.scopes, address, agent: person.agent }
  }

  /** Who has the person's token, and programs of his own. `where`: abroad (a home or a rented machine), or in the person's own country. */
  thief(person: Person, where: 'abroad' | 'near' = 'abroad'): Caller {
    const { dice, company } = this
    const country = where === 'near' ? person.office.country : company.places.elsewhere(dice, [person.office.country])
    const address = where === 'abroad' && dice.chance(0.6) ? company.places.cloud(dice, country) : company.places.home(dice, country)
    return { ...this.as(person, address), agent: dice.chance(0.5) ? this.#copyOf(person) : this.tool() }
  }

  /** The person with a script: what would take an agent too long. */
  scripted(person: Person): Caller {
    return { ...this.as(person), agent: this.tool() }
  }

  /** Says that it is what the owner uses. */
  #copyOf({ agent }: Person): Agent {
    return { ...agent, emitter: 'desktop' }
  }

  tool(): Agent {
    const { dice } = this
    const name = dice.pick(['python-httpx/0.28.1', 'node', 'curl/8.9.1', 'mcp-remote/0.1.16', 'Go-http-client/2.0', 'mcp-inspector/0.17.0'])
    return { ...makeAgent(dice, 'desktop', 'none'), client: dice.pick(['mcp-inspector', 'mcp-remote', 'claude-desktop', 'cursor']), userAgent: name }
  }

  /** A host of the attacker's. */
  host(): string {
    const { dice } = this
    const random = `${dice.pick(NOUNS)}${dice.pick(['-', ''])}${dice.pick(['sync', 'cdn', 'api', 'files', 'update', 'box'])}${dice.chance(0.4) ? dice.int(1, 99) : ''}.${dice.pick(TOP)}`
    return dice.weighted({ own: 6, hook: 1, tunnel: 1, address: 1 }) === 'own' ? random : dice.pick(['webhook.site', 'eo' + dice.token(12).toLowerCase() + '.m.pipedream.net', `${dice.hex(8)}.ngrok-free.app`, `${dice.int(45, 190)}.${dice.int(1, 250)}.${dice.int(1, 250)}.${dice.int(1, 250)}`])
  }

  mailbox(): string {
    const { dice } = this
    return `${dice.pick(FIRST)}.${dice.pick(['work', 'docs', 'backup', 'k', 'team'])}${dice.int(1, 999)}@${dice.pick(['gmail.com', 'proton.me', 'outlook.com', this.#ownDomain()])}`
  }

  #ownDomain(): string {
    return `${this.dice.pick(NOUNS)}-${this.dice.pick(NOUNS)}.${this.dice.pick(TOP)}`
  }
}

export const call = (server: Server, tool: string, args: Readonly<Record<string, unknown>>, rest: { readonly result?: string; readonly ending?: Ending; readonly after?: number } = {}): Call =>
  ({ server, tool, args, result: rest.result ?? 'ok', ...(rest.ending === undefined ? {} : { ending: rest.ending }), ...(rest.after === undefined ? {} : { after: rest.after }) })

export const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))
