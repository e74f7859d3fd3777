/** The simulated company: its telemetry as requests in the order of arrival, and labels of the attacks on it. Deterministic: the same options give the same bytes. */
import { ATTACKS } from './attacks/list.ts'
import type { Attack } from './attacks/attack.ts'
import { DAY, HOUR, isoDay } from './calendar.ts'
import { deploy } from './changes.ts'
import { type Company, makeCompany } from './company.ts'
import { Dice } from './dice.ts'
import { makeJobs, runsOfJobs } from './jobs.ts'
import { encode, type LogRecord, type Span } from './otlp.ts'
import { People } from './people.ts'
import { Attacks, type Label } from './plan.ts'
import type { Run } from './run.ts'
import { tell } from './telemetry.ts'
import type { Told } from './telling.ts'

export interface SimulateOptions {
  readonly seed: number
  /** Days with attacks, and before them days without any in which habits are learned. */
  readonly days: number
  readonly history: number
  readonly principals: number
  readonly servers: number
  /** First day of the history, days since 1970. */
  readonly firstDay: number
  readonly attacks: readonly Attack[]
}

/** One export request, or the label of an attack that is over. */
export type Happening =
  | { readonly is: 'request'; readonly signal: 'traces' | 'logs'; /** Milliseconds since 1970. */ readonly at: number; readonly body: Buffer }
  | { readonly is: 'label'; readonly label: Label }

/** Length of a batch, and how many are gathered before they are looked through, milliseconds. */
const BATCH = 5_000
const LOOK = 60_000
/** Nobody's day begins earlier than so long before midnight UTC. */
const EARLIEST = 9 * HOUR
/** For 500 principals in 30 days. */
const TIMES_EACH = 3

/** The attacks with these names; `all`, `none`. Throws RangeError that names an unknown one. */
export function attacksNamed(names: string): readonly Attack[] {
  if (names === 'all') return ATTACKS
  if (names === 'none') return []
  return names.split(',').map((name) => {
    const found = ATTACKS.find((attack) => attack.name === name)
    if (found === undefined) throw new RangeError(`there is no attack ${JSON.stringify(name)}; there are ${ATTACKS.map((attack) => attack.name).join(', ')}`)
    return found
  })
}

/** Batches on their way, by when they leave. */
class Exporters {
  readonly #batches = new Map<number, Told[]>()
  #looked = 0

  add(told: Told, at: number): void {
    const batch = Math.floor(at / BATCH)
    const known = this.#batches.get(batch)
    if (known === undefined) this.#batches.set(batch, [told])
    else known.push(told)
  }

  /** Requests that left before `until`; looked for once a minute. */
  *leaving(until: number): Generator<Happening> {
    if (until < this.#looked + LOOK) return
    this.#looked = until
    const due = [...this.#batches.keys()].filter((batch) => (batch + 1) * BATCH <= until).sort((one, other) => one - other)
    for (const batch of due) {
      const told = this.#batches.get(batch) as Told[]
      this.#batches.delete(batch)
      const spans = told.filter((one): one is Span => one.signal === 'span')
      const logs = told.filter((one): one is LogRecord => one.signal === 'log')
      const at = (batch + 1) * BATCH
      if (spans.length > 0) yield { is: 'request', signal: 'traces', at, body: encode(spans) }
      if (logs.length > 0) yield { is: 'request', signal: 'logs', at, body: encode(logs) }
    }
  }
}

export class Simulation {
  readonly company: Company
  readonly #options: SimulateOptions
  readonly #dice: Dice
  readonly #exporters = new Exporters()
  readonly #attacks: Attacks
  #runs: Run[] = []
  #changes: { readonly at: number; apply(): void }[] = []

  constructor(options: SimulateOptions) {
    const { seed, days, history, principals, servers, firstDay, attacks } = options
    this.#options = options
    this.#dice = new Dice(`company ${seed}`)
    const lastDay = firstDay + history + days - 1
    this.company = makeCompany({ dice: this.#dice, seed: String(seed), principals, servers, firstDay, lastDay })
    const times = Math.max(1, Math.round((TIMES_EACH * principals * days) / (500 * 30)))
    this.#attacks = new Attacks(this.company, { attacks, times, from: firstDay + history, to: lastDay })
  }

  *happenings(): Generator<Happening> {
    const { company } = this
    const people = new People(company)
    const jobs = makeJobs(company, this.#options.principals)
    for (let day = company.firstDay; day <= company.lastDay; day++) {
      deploy(company, day)
      for (const { runs, changes } of this.#attacks.begin(day)) {
        this.#runs.push(...runs)
        this.#changes.push(...(changes ?? []))
      }
      this.#runs.push(...people.runsOf(day), ...runsOfJobs(jobs, company, day))
      yield* this.#until((day + 1) * DAY - EARLIEST)
    }
    yield* this.#until(Infinity)
    yield* this.#exporters.leaving(Infinity)
  }

  *#until(limit: number): Generator<Happening> {
    const due = this.#runs.filter(({ at }) => at < limit).sort((one, other) => one.at - other.at)
    this.#runs = this.#runs.filter(({ at }) => at >= limit)
    for (const [index, run] of due.entries()) {
      yield* this.#exporters.leaving(run.at)
      this.#change(run.at)
      const telemetry = tell(run, this.#dice.for(`run ${isoDay(Math.floor(run.at / DAY))} ${run.at} ${index}`))
      for (const { told, at } of telemetry.arriving) this.#exporters.add(told, at)
      const label = run.attack === undefined ? undefined : this.#attacks.told(run.attack, run, telemetry)
      if (label !== undefined) yield { is: 'label', label }
    }
  }

  #change(until: number): void {
    const due = this.#changes.filter(({ at }) => at <= until)
    if (due.length === 0) return
    this.#changes = this.#changes.filter(({ at }) => at > until)
    for (const { apply } of due.sort((one, other) => one.at - other.at)) apply()
  }
}
