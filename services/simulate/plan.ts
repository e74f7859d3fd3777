/** Which attacks happen when, and what is written down of them. */
import { DAY } from './calendar.ts'
import { type Attack, AttackScene, type Flag, type Planned } from './attacks/attack.ts'
import type { Company } from './company.ts'
import type { Run } from './run.ts'
import type { Telemetry } from './telemetry.ts'

/** What was done, for whoever scores findings. Times are ISO 8601. */
export interface Label {
  readonly id: string
  readonly attack: string
  readonly flag: Flag
  readonly principals: readonly string[]
  readonly servers: readonly string[]
  readonly tools: readonly string[]
  /** Detectors that could tell. */
  readonly detectors: readonly string[]
  readonly first_event: string
  readonly last_event: string
  /** When the last of it arrived at the collector. */
  readonly last_arrival: string
  readonly trace_ids: readonly string[]
  readonly conversations: readonly string[]
  /** Stretches of activity: beginning and last arrival. */
  readonly activity: readonly (readonly [from: string, to: string])[]
}

interface Open {
  readonly id: string
  readonly attack: Attack
  readonly planned: Planned
  left: number
  first: number
  last: number
  arrived: number
  readonly traces: string[]
  readonly conversations: Set<string>
  readonly activity: [number, number][]
}

/** Stretches closer than this are one. */
const TOGETHER = DAY / 24
const iso = (at: number): string => new Date(Math.round(at)).toISOString()

export interface Schedule {
  readonly attacks: readonly Attack[]
  /** Each happens so many times. */
  readonly times: number
  /** First day with attacks, and the last, days since 1970. */
  readonly from: number
  readonly to: number
}

export class Attacks {
  readonly #company: Company
  readonly #due = new Map<number, { readonly attack: Attack; readonly id: string }[]>()
  readonly #open = new Map<string, Open>()
  readonly #taken = new Set<number>()

  constructor(company: Company, { attacks, times, from, to }: Schedule) {
    this.#company = company
    for (const attack of attacks) {
      for (let time = 1; time <= times; time++) {
        const id = `${attack.name}-${time}`
        const latest = Math.max(from, to - (attack.days ?? 1))
        const day = company.dice.for(`when ${id}`).int(from, latest)
        this.#due.set(day, [...(this.#due.get(day) ?? []), { attack, id }])
      }
    }
  }

  /** What begins on this day. */
  begin(day: number): readonly (Pick<Planned, 'changes'> & { readonly runs: readonly Run[] })[] {
    const begun: (Pick<Planned, 'changes'> & { readonly runs: readonly Run[] })[] = []
    for (const { attack, id } of this.#due.get(day) ?? []) {
      const planned = attack.plan(new AttackScene(this.#company.dice.for(`attack ${id}`), this.#company, { day, taken: this.#taken }))
      if (planned === undefined || planned.runs.length === 0) continue
      this.#open.set(id, { id, attack, planned, left: planned.runs.length, first: Infinity, last: 0, arrived: 0, traces: [], conversations: new Set(), activity: [] })
      begun.push({ ...planned, runs: planned.runs.map((run) => ({ ...run, attack: id })) })
    }
    return begun
  }

  /** Notes what was told of a run; the label once it was the attack's last. */
  told(id: string, run: Run, { arriving, traceIds, conversation }: Telemetry): Label | undefined {
    const open = this.#open.get(id)
    if (open === undefined) return undefined
    const ends = arriving.map(({ told }) => (told.signal === 'span' ? told.end : told.at))
    const arrived = arriving.reduce((latest, { at }) => Math.max(latest, at), run.at)
    const last = ends.reduce((latest, at) => Math.max(latest, at), run.at)
    Object.assign(open, { left: open.left - 1, first: Math.min(open.first, run.at), last: Math.max(open.last, last), arrived: Math.max(open.arrived, arrived) })
    open.traces.push(...traceIds)
    open.conversations.add(conversation)
    const stretch = open.activity.at(-1)
    if (stretch !== undefined && run.at - stretch[1] < TOGETHER) stretch[1] = Math.max(stretch[1], arrived)
    else open.activity.push([run.at, arrived])
    if (open.left > 0) return undefined
    this.#open.delete(id)
    return labelOf(open)
  }
}

const labelOf = ({ id, attack, planned, first, last, arrived, traces, conversations, activity }: Open): Label => ({
  id, attack: attack.name, flag: attack.flag, principals: planned.principals, servers: planned.servers ?? [], tools: planned.tools ?? [], detectors: attack.detectors, first_event: iso(first), last_event: iso(last), last_arrival: iso(arrived),
  trace_ids: traces, conversations: [...conversations], activity: activity.map(([from, to]) => [iso(from), iso(to)] as const),
})
