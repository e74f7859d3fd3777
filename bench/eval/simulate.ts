/**
 * A simulated company (`watchkeeper simulate`) through collector, assembler and worker in this process: attacks found by messages that would be sent,
 * how long after their last event arrived, and messages about nobody's attack. Seeds to tune with and to report are told apart in docs/benchmarks.md.
 */
import { ProgressBar } from '../../services/commands/progress-bar.ts'
import { attacksNamed, Simulation } from '../../services/simulate/simulate.ts'
import type { Label } from '../../services/simulate/plan.ts'
import type { Evaluation, RunOptions } from './evaluation.ts'
import { Product, type Raised } from './simulate/product.ts'
import { alertsOf, type AttackScore, belongs, isSent, scoreAttack } from './simulate/score.ts'

const DAY = 86_400_000
const HISTORY = 14
const SERVERS = 60
/** 2026-03-02, a Monday; each seed begins in another week. */
const FIRST_DAY = 20_514
const WEEKS = 30

interface Size {
  readonly seed: number
  readonly days: number
  readonly principals: number
}

export interface Outcome {
  readonly attacks: readonly AttackScore[]
  /** Findings of no attack that would be sent, in order of time. */
  readonly benign: readonly Raised[]
  /** Weak ones of no attack, a day, by detector. */
  readonly weak: ReadonlyMap<string, number>
  readonly size: Size
}

/** Plays the whole simulation; `watch` is told of every finding, of attacks and of others. */
export async function play(size: Size, watch?: (raised: Raised) => void): Promise<Outcome> {
  const { seed, days, principals } = size
  const firstDay = FIRST_DAY + 7 * (seed % WEEKS)
  const simulation = new Simulation({ seed, days, history: HISTORY, principals, servers: SERVERS, firstDay, attacks: attacksNamed('all') })
  const labels: Label[] = []
  const raised: Raised[] = []
  const product = await Product.start(simulation.company.places, (one) => {
    raised.push(one)
    watch?.(one)
  })
  const bar = new ProgressBar()
  for (const happening of simulation.happenings()) {
    if (happening.is === 'label') labels.push(happening.label)
    else {
      bar.show({ what: 'days', done: Math.floor(happening.at / DAY) - firstDay, of: HISTORY + days })
      await product.take(happening)
    }
  }
  await product.end()
  bar.end()
  const judged = (firstDay + HISTORY) * DAY
  const others = raised.filter((one) => one.at >= judged && !labels.some((label) => belongs(one, label)))
  const weak = new Map<string, number>()
  for (const { finding: { detector } } of others.filter((one) => !isSent(one))) weak.set(detector, (weak.get(detector) ?? 0) + 1 / days)
  return { attacks: labels.map((label) => scoreAttack(label, raised)), benign: others.filter(isSent), weak, size }
}

const percent = (part: number, whole: number): string => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)}%`)
const median = (values: readonly number[]): number => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN

function rowOf(name: string, attacks: readonly AttackScore[]): string {
  const found = attacks.filter(({ seconds }) => seconds !== undefined)
  const seconds = found.length === 0 ? '-' : median(found.map((one) => one.seconds ?? 0)).toFixed(0)
  const by = [...new Set(found.flatMap((one) => one.by))].join(' ')
  return `${name.padEnd(26)}${`${found.length}/${attacks.length} ${percent(found.length, attacks.length)}`.padStart(16)}${seconds.padStart(10)}  ${by}`
}

/** Found by kind and flag, then alerts that nobody needed, by detector. */
export function table({ attacks, benign, weak, size }: Outcome): readonly string[] {
  const kinds = [...new Set(attacks.map(({ label }) => label.attack))].sort()
  const flags = [...new Set(attacks.map(({ label }) => label.flag))].sort()
  const alerts = alertsOf(benign)
  const scale = 500 / size.principals / size.days
  const detectors = [...new Set([...benign.map(({ finding }) => finding.detector), ...weak.keys()])].sort()
  return [
    `simulated company, seed ${size.seed}: ${size.days} days after ${HISTORY} of history, ${size.principals} principals, ${attacks.length} attacks (goal: ≥ 95 % found, median ≤ 60 s, ≤ 5 benign alerts a day for 500 principals)`,
    `${''.padEnd(26)}${'found'.padStart(16)}${'median s'.padStart(10)}  by`, ...kinds.map((kind) => rowOf(kind, attacks.filter(({ label }) => label.attack === kind))),
    ...flags.map((flag) => rowOf(`all: ${flag}`, attacks.filter(({ label }) => label.flag === flag))), rowOf('all', attacks), '',
    `benign alerts a day for 500 principals: ${(alerts.length * scale).toFixed(2)} (${alerts.length} in all)`,
    `${'detector'.padEnd(26)}${'in alerts'.padStart(12)}${'a day/500'.padStart(12)}${'weak a day/500'.padStart(16)}`,
    ...detectors.map((detector) => {
      const own = alerts.filter((alert) => alert.detectors.includes(detector)).length
      return `${detector.padEnd(26)}${String(own).padStart(12)}${(own * scale).toFixed(2).padStart(12)}${((weak.get(detector) ?? 0) * (500 / size.principals)).toFixed(2).padStart(16)}`
    }),
  ]
}

function items({ attacks, benign, size }: Outcome): readonly string[] {
  return [
    ...attacks.map(({ label: { id, attack, flag, principals, first_event: from, last_event: to, detectors: could }, by, seconds, weak }) => (
      JSON.stringify({ evaluation: 'simulate', ...size, id, attack, flag, found: seconds !== undefined, seconds: seconds ?? null, by, weak, could, principals: principals.slice(0, 5), from, to }))),
    ...alertsOf(benign).map(({ detectors, title, severity, actor, tool, server, created_at: at }) => JSON.stringify({ evaluation: 'simulate', ...size, benign: detectors, title, severity, actor, tool, server, at: new Date(Number(at / 1_000_000n)).toISOString() })),
  ]
}


export const SIMULATE: Evaluation = {
  about: 'a simulated company: attacks found, time to finding, benign alerts (--seed N --days D --principals P)',
  part: true,
  async run(_, print, { json, seed, days, principals }: RunOptions) {
    const outcome = await play({ seed, days, principals })
    for (const row of json ? items(outcome) : table(outcome)) print(row)
  },
}
