/** How people spend their days: office hours in their zone, holidays, sick days, travel, on-call, overtime, month end, promotions, new models, new tokens. */
import { DAY, HOUR, isoDay, isWorkday, MINUTE, offsetOf, weekday, workdaysLeft } from './calendar.ts'
import { type Caller, type Company, makeAgent, type Person, type Role, ROLES, scopesOf } from './company.ts'
import type { Dice } from './dice.ts'
import { roughened } from './rough.ts'
import type { Call, Run } from './run.ts'
import { on, type Scene, type Task } from './task.ts'
import { BUSINESS_TASKS } from './tasks-business.ts'
import { OFFICE_TASKS } from './tasks-office.ts'
import { TECHNICAL_TASKS } from './tasks-technical.ts'

const TASKS: readonly Task[] = [...OFFICE_TASKS, ...TECHNICAL_TASKS, ...BUSINESS_TASKS]

interface Absence {
  readonly from: number
  readonly to: number
}
interface Life {
  readonly holidays: readonly Absence[]
  readonly trips: readonly (Absence & { readonly country: string })[]
  readonly promotion: { readonly day: number; readonly role: Role } | undefined
  readonly upgrade: number
  /** Days between new tokens. */
  readonly rotation: number
}

const within = (day: number, { from, to }: Absence): boolean => day >= from && day <= to

/** What is known of somebody's next weeks. */
function lifeOf({ dice: company, firstDay, lastDay, places }: Company, { index, office }: Person): Life {
  const dice = company.for(`life ${index}`)
  const days = lastDay - firstDay
  const block = (most: number): Absence => {
    const from = firstDay + dice.int(0, days)
    return { from, to: from + dice.int(1, most) }
  }
  /** Chances are for a month and a half. */
  const share = days / 44
  const upgrades = company.for('upgrades')
  const upgrade = firstDay + upgrades.int(Math.floor(days / 2), days) + (index % 3)
  return {
    holidays: dice.chance(0.3 * share) ? [block(11)] : [], trips: dice.chance(0.12 * share) ? [{ ...block(4), country: places.elsewhere(dice, [office.country]) }] : [],
    promotion: dice.chance(0.04 * share) ? { day: firstDay + dice.int(5, days), role: dice.pick(ROLES) } : undefined, upgrade, rotation: dice.int(7, 40),
  }
}

export class People {
  readonly #company: Company
  readonly #lives: ReadonlyMap<number, Life>

  constructor(company: Company) {
    this.#company = company
    this.#lives = new Map(company.people.map((person) => [person.index, lifeOf(company, person)]))
  }

  /** Everything that people do on a day (days since 1970, in their own zone). Call it day after day. */
  runsOf(day: number): Run[] {
    const onCall = this.#onCall(day)
    return this.#company.people.flatMap((person) => {
      if (day < person.since || day > person.until) return []
      const dice = this.#company.dice.for(`day ${day} ${person.index}`)
      const life = this.#lives.get(person.index) as Life
      this.#moveOn(person, life, day, dice)
      return [...new Day({ company: this.#company, person, life, day, dice }).runs(), ...(onCall === person ? this.#nights(person, day, dice) : [])]
    })
  }

  #onCall(day: number): Person | undefined {
    const rota = this.#company.people.filter(({ role, servers }) => role === 'sre' && servers.has('kubernetes'))
    return rota.length === 0 ? undefined : rota[Math.floor((day + 3) / 7) % rota.length]
  }

  /** What changed overnight. */
  #moveOn(person: Person, { promotion, upgrade, rotation }: Life, day: number, dice: Dice): void {
    if ((day + person.index) % rotation === 0) person.token = `tok-${dice.hex(24)}`
    if (upgrade === day) {
      person.agent = makeAgent(dice, person.agent.emitter, person.name)
      person.careful = true
    }
    if (promotion?.day !== day) return
    person.alsoDoes.push(promotion.role)
    for (const task of TASKS) {
      if (typeof task.roles === 'number' || task.roles[promotion.role] === undefined) continue
      for (const kind of task.needs) if (!person.servers.has(kind)) person.servers.set(kind, dice.pick(this.#company.servers.filter((server) => server.kind === kind)))
    }
    person.scopes = scopesOf(person.servers.keys())
  }

  #nights(person: Person, day: number, dice: Dice): Run[] {
    if (!dice.chance(0.35)) return []
    const midnight = (day + 1) * DAY - offsetOf(person.office.zone, day * DAY)
    const called = midnight + dice.between(-1, 5) * HOUR
    const scene = { dice, person, company: this.#company, date: isoDay(day) }
    const tasks = TASKS.filter(({ roles, needs }) => typeof roles !== 'number' && roles.sre !== undefined && needs.every((kind) => person.servers.has(kind)) && needs.some((kind) => kind === 'kubernetes' || kind === 'monitoring'))
    return Array.from({ length: dice.int(2, 5) }, (_, at) => ({ ...runOf(scene, dice.pick(tasks)), at: called + at * dice.between(3, 12) * MINUTE, caller: callerOf(person, person.homeAddress) }))
  }
}

export const callerOf = ({ principal, token, scopes, agent }: Person, address: string): Caller => ({ principal, service: false, token, scopes, address, agent })

function weightOf({ roles, needs }: Task, person: Person): number {
  if (!needs.every((kind) => person.servers.has(kind))) return 0
  return typeof roles === 'number' ? roles : [person.role, ...person.alsoDoes].reduce((sum, role) => sum + (roles[role] ?? 0) * 2, 0)
}

function pickTask(dice: Dice, person: Person): Task {
  const weights = TASKS.map((task) => weightOf(task, person))
  let left = dice.next() * weights.reduce((sum, weight) => sum + weight, 0)
  for (const [at, weight] of weights.entries()) if ((left -= weight) < 0) return TASKS[at] as Task
  return TASKS[0] as Task
}

/** A careful agent looks up what it is about to use. */
function withLook(scene: Scene, calls: readonly Call[]): readonly Call[] {
  const [first] = calls
  const kind = first?.server.kind
  if (!scene.person.careful || first === undefined || !scene.dice.chance(0.5)) return calls
  if (kind === 'git') return [on(scene, 'git', 'list_repositories', { args: { query: scene.person.projects[0] }, result: JSON.stringify(scene.person.repositories) }), ...calls]
  if (kind === 'files') return [on(scene, 'files', 'search_files', { args: { query: scene.dice.pick(scene.person.projects) }, result: '[]' }), ...calls]
  return calls
}

function runOf(scene: Scene, task: Task): Omit<Run, 'at' | 'caller'> {
  const { says, calls, answer } = task.make(scene)
  return { says, calls: roughened(withLook(scene, calls), scene.dice), ...(answer === undefined ? {} : { answer }) }
}

interface DayOptions {
  readonly company: Company
  readonly person: Person
  readonly life: Life
  readonly day: number
  readonly dice: Dice
}

/** One person's day. */
class Day {
  readonly #of: DayOptions
  readonly #midnight: number
  readonly #country: string
  readonly #place: string

  constructor(options: DayOptions) {
    const { company, person, life, day, dice } = options
    this.#of = options
    const trip = life.trips.find((one) => within(day, one))
    this.#midnight = day * DAY - offsetOf(person.office.zone, day * DAY) - (trip !== undefined && dice.chance(0.7) ? dice.between(-3, 3) * HOUR : 0)
    this.#country = trip?.country ?? person.office.country
    const mode = dice.weighted({ office: trip === undefined ? 5 : 0, home: 4, vpn: 1.5 })
    const at = trip === undefined ? person.homeAddress : company.places.home(dice, trip.country)
    this.#place = mode === 'office' ? company.places.office(person.office.country) : mode === 'vpn' ? company.places.office(person.office.country, 2) : at
  }

  runs(): Run[] {
    const { person, life, day, dice } = this.#of
    const works = isWorkday(person.office.country, day) && !life.holidays.some((one) => within(day, one)) && !dice.chance(0.02)
    if (!works) return dice.chance(0.025) ? this.#some(dice.int(1, 3), dice.between(9, 20), 2) : []
    const busy = person.role === 'finance' && workdaysLeft(day) <= 3 ? 1.7 : weekday(day) === 5 ? 0.85 : 1
    const starting = day - person.since < 5 && person.since > this.#of.company.firstDay ? 0.5 : 1
    const begins = person.begins + dice.normal() * 0.4
    const count = dice.count(person.pace * busy * starting)
    const runs = this.#some(count, begins, person.hours)
    if (busy > 1.5 && dice.chance(0.5)) runs.push(...this.#some(dice.int(2, 6), begins + person.hours, 3))
    else if (dice.chance(person.owl ? 0.6 : 0.06)) runs.push(...this.#some(dice.int(1, 4), dice.between(19, 22), 2))
    const first = runs.reduce<Run | undefined>((earliest, run) => (earliest === undefined || run.at < earliest.at ? run : earliest), undefined)
    return first === undefined ? [] : [...runs, this.#startUp(first.at)]
  }

  /** Agents ask some servers what they offer when they start. */
  #startUp(at: number): Run {
    const { person, dice } = this.#of
    const calls = [...person.servers.values()].filter(() => dice.chance(0.3)).map((server): Call => ({ server, tool: '', args: {}, result: '', method: 'tools/list', after: 200 }))
    return { at: at - 60_000, caller: callerOf(person, this.#place), calls }
  }

  #some(count: number, from: number, hours: number): Run[] {
    const { company, person, dice, day } = this.#of
    const runs: Run[] = []
    let conversation = `conv-${dice.hex(16)}`
    const times = Array.from({ length: count }, () => this.#midnight + (from + dice.next() * hours) * HOUR).sort((one, other) => one - other)
    for (const at of times) {
      if (!dice.chance(0.3)) conversation = `conv-${dice.hex(16)}`
      const address = dice.chance(0.04) ? company.places.mobile(dice, this.#country) : this.#place
      const run = runOf({ dice, person, company, date: isoDay(day) }, pickTask(dice, person))
      // A laptop that was closed sends later.
      runs.push({ ...run, at, conversation, caller: callerOf(person, address), ...(dice.chance(0.004) ? { late: dice.between(1, 90) * MINUTE } : {}) })
    }
    return runs
  }
}
