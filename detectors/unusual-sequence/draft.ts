/** Says which steps are unlikely, and for whom. Names of tools are shown where they are plain. */
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft } from '../detector.ts'
import { nanosOf } from '../stats/moment.ts'
import { plainName, type Run, stepName } from './run.ts'
import type { Surprise } from './surprise.ts'

/** What is known of the actor. */
export interface History {
  readonly key: string
  readonly calls: number
  readonly days: number
  readonly usual: number
  readonly isCold: boolean
}

const BENIGN = 'benign if the task is new, or somebody tries out what the agent can do'
const COLD = 'cold start: too little history of its own, so the steps of its peers apply'
const oneIn = (nats: number): string => Math.round(Math.exp(Math.min(nats, 12))).toLocaleString('en-US')

export function runDraft({ key, calls, days, usual }: History, run: Run, { severity, deviations, unasked }: { severity: Severity; deviations: number; unasked: readonly string[] }): Draft {
  const average = run.nats / Math.max(1, run.steps)
  return {
    about: [key, 'order', String(Math.floor(run.begun))],
    severity,
    title: `${key} uses its tools in an unusual order`,
    observed: `${run.steps} steps, each about one in ${oneIn(average)}: ${(run.against ?? []).join(', ')}`,
    expected: `steps of about one in ${oneIn(usual)}, as in ${calls} calls on ${days} days`,
    reasons: [`${deviations.toFixed(1)} standard deviations less likely than a run of ${run.steps} steps usually is`, ...unasked, BENIGN],
    features: [
      { name: 'order of tools', observed: `one in ${oneIn(average)} a step, over ${run.steps} steps`, expected: `one in ${oneIn(usual)}`, weight: unasked.length > 0 ? 0.7 : 1 },
      ...unasked.map((observed) => ({ name: 'not asked for', observed, expected: 'a call that the turn asks for', weight: 0.3 / unasked.length })),
    ],
    baselines: { self: `one in ${oneIn(usual)} a step, ${calls} calls on ${days} days` },
    windowStart: nanosOf(run.begun),
  }
}

export interface Leap {
  readonly severity: Severity
  readonly from: string
  readonly to: string
  readonly effect: string
  readonly unasked: readonly string[]
}

export function leapDraft({ key, calls, days, isCold }: History, run: Run, { nats, from, uses, toolUses }: Surprise, { severity, from: before, to, effect, unasked }: Leap): Draft {
  const name = stepName(before, to)
  const odd = `one in ${oneIn(nats)}`
  return {
    about: [key, 'step', String(Math.floor(run.begun)), before, to],
    severity,
    title: `${plainName(to)} is called where it never follows`,
    observed: `${name}, about ${odd}; the tool ${effect === 'execute' ? 'executes' : `can ${effect}`}`,
    expected: `other steps, as ${from} times before from there`,
    reasons: [`${uses.tenant} uses of this step by others, ${toolUses} of the tool`, ...unasked, ...(isCold ? [COLD] : []), BENIGN],
    features: [
      { name: 'step between tools', observed: `${name}: ${odd}`, expected: `never before in ${from} steps from there`, weight: unasked.length > 0 ? 0.6 : 0.8 },
      { name: 'effect', observed: effect, expected: 'a tool that reads', weight: 0.2 },
      ...unasked.map((observed) => ({ name: 'not asked for', observed, expected: 'a call that the turn asks for', weight: 0.2 / unasked.length })),
    ],
    baselines: { self: `0 of ${from} steps, ${calls} calls on ${days} days`, peers: `${uses.peers} uses`, tenant: `${uses.tenant} uses of the step, ${toolUses} of the tool` },
  }
}
