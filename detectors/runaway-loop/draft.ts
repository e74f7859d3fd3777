/** Says what goes round in circles, how fast, and what each round does. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft, Feature } from '../detector.ts'
import { nanosOf } from '../stats/moment.ts'
import type { Fan } from './fan.ts'
import { fails, type Habit, type Run, stands } from './loop.ts'
import type { Pace } from './pace.ts'
import type { Params } from './rule.ts'

export interface Looping {
  readonly key: string
  readonly interaction: Interaction
  readonly run: Run
  readonly habit: Habit
  readonly effect: string
  readonly limit: number
  /** How full the buckets of all calls of the round are. */
  readonly level: number
  /** Other calls that take turns with it. */
  readonly others: number
  readonly params: Params
}

const DOES: Readonly<Record<string, string>> = { pay: 'pays', send: 'sends', grant: 'grants', delete: 'deletes', write: 'writes', execute: 'executes', read: 'reads' }
const PLAIN = /^[\w.+/:@-]{1,80}$/
const nameOf = (tool: string): string => (PLAIN.test(tool) ? tool : 'a tool with an odd name')
const perMinute = ({ times, at, since }: Run): string => (times / Math.max(1 / 60, (at - since) / 60)).toFixed(times > at - since ? 0 : 1)
const lasted = ({ at, since }: Run): string => (at - since < 120 ? `${Math.round(at - since)} s` : `${Math.round((at - since) / 60)} min`)

/** What only reads and succeeds costs, but does no harm before it goes on for long; a schedule that is new says little. */
export function severityOf({ effect, run, interaction, limit, level, params }: Looping): Severity {
  if (effect === 'pay') return 'high'
  if (effect === 'send' || effect === 'grant' || effect === 'delete') return 'medium'
  const unattended = interaction.requested_by === 'scheduled' || interaction.actor_kind === 'service'
  if (unattended) return 'low'
  if (effect === 'write' || effect === 'execute' || fails(run)) return 'medium'
  const changed = run.result !== 0 && run.same * 2 < run.times
  const isLong = stands(run) || level >= limit * params.longFactor
  return isLong && !changed && interaction.actor_kind === 'principal' ? 'medium' : 'low'
}

export function loopDraft(looping: Looping, severity: Severity): Draft {
  const { key, interaction, run, habit, effect, limit, others, params } = looping
  const does = DOES[effect]
  const features: Feature[] = [
    { name: 'repetitions', observed: `${run.times} in ${lasted(run)}, ${perMinute(run)} a minute`, expected: `fewer than ${limit}, of which one is forgiven every ${params.leakSeconds} s`, weight: 0.6 },
    ...(does === undefined ? [] : [{ name: 'effect', observed: `each ${does}`, weight: effect === 'read' ? 0.1 : 0.3 }]),
    ...(run.failed === 0 ? [] : [{ name: 'outcome', observed: `${run.failed} of ${run.times} failed`, weight: 0.2 }]),
    ...(others === 0 ? [] : [{ name: 'round', observed: `in turn with ${others} other ${others === 1 ? 'call' : 'calls'} ${fails(run) ? 'that fail' : 'whose result stays the same'}`, weight: 0.1 }]),
    ...(run.same === 0 ? [] : [{ name: 'result', observed: `the same ${run.same} times`, expected: 'another one where there is progress', weight: 0.2 }]),
  ]
  return {
    about: [key, 'loop', String(run.call), String(Math.floor(run.since)), severity],
    severity,
    title: `${key} repeats ${nameOf(interaction.tool)} without end`,
    observed: `the same call with the same arguments ${run.times} times in ${lasted(run)}${run.failed === 0 ? '' : `, ${run.failed} of them failed`}`,
    expected: 'repetitions that stop, slow down, or get another result',
    reasons: [...features.map(({ name, observed }) => `${name}: ${observed}`), 'benign if it polls for something slow, or a load test is on'],
    features,
    baselines: { self: habit.days > 1 ? `repeated like that on ${habit.days} days` : 'never repeated like that before' },
    windowStart: nanosOf(run.since),
    windowEnd: nanosOf(run.at),
  }
}

const dayOf = (seconds: number): string => String(Math.floor(seconds / 86_400))
const knownFor = ({ days }: { readonly days: number }): string => (days > 1 ? `over ${days - 1} days before` : 'no day before: cold start')

export const paceDraft = (key: string, pace: Pace, seconds: number): Draft => ({
  about: [key, 'pace', dayOf(seconds)],
  severity: 'low',
  title: `${key} calls much faster than ever`,
  observed: `${pace.calls} calls within a minute`,
  expected: pace.peak > 0 ? `at most ${Math.round(pace.peak)} a minute, ${knownFor(pace)}` : `a pace that is usual; ${knownFor(pace)}`,
  reasons: ['pace: far above every minute before', 'benign if a batch job or a load test is on'],
  baselines: { self: pace.peak > 0 ? `at most ${Math.round(pace.peak)} calls a minute` : knownFor(pace) },
})

export const spawnDraft = (key: string, fan: Fan, seconds: number): Draft => ({
  about: [key, 'agents', dayOf(seconds)],
  severity: 'medium',
  title: `${key} starts agents without end`,
  observed: `${Math.round(fan.spawned)} agents started faster than one in half a minute`,
  expected: fan.peak > 0 ? `at most ${Math.round(fan.peak)} so close together` : 'a few at a time',
  reasons: ['fan-out: each agent that is started costs, and may start others', 'benign if a large job is cut into many small ones'],
  baselines: { self: fan.peak > 0 ? `at most ${Math.round(fan.peak)} so close together, ${knownFor(fan)}` : knownFor(fan) },
})

export const agentsDraft = (key: string, fan: Fan, seconds: number): Draft => ({
  about: [key, 'agents', dayOf(seconds)],
  severity: 'medium',
  title: `${key} has more agents at work than ever`,
  observed: `${fan.agents.length} different sub-agents within ten minutes`,
  expected: fan.most > 0 ? `at most ${fan.most}` : 'a few',
  reasons: ['fan-out: each of them works on its own account', 'benign if a large job is cut into many small ones'],
  baselines: { self: fan.most > 0 ? `at most ${fan.most} within ten minutes` : knownFor(fan) },
})
