/** Learns the order in which an actor uses tools, and speaks of runs and steps that are far from it. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Effect, Severity } from '../../schemas/vocabulary.ts'
import type { Detector, Draft, Tools } from '../detector.ts'
import { actorKeys } from '../keys.ts'
import { hash32 } from '../stats/distinct.ts'
import { secondsOf } from '../stats/moment.ts'
import { BEGIN, type Counts, countOf, stepId, toolId, use, useId } from './counts.ts'
import { type History, leapDraft, runDraft } from './draft.ts'
import { groupOf, hear, lessonOf, nobody, type Others } from './others.ts'
import { add, beginRun, deviations, MOST_HELD, newRun, type Run, runOf } from './run.ts'
import { type Params, rule } from './rule.ts'
import { knownNats, type Surprise, surpriseOf } from './surprise.ts'

/** State of an actor; of the tenant's only `others` is used. */
export interface Habit {
  counts: Counts
  calls: number
  days: number
  lastDay: number
  /** Mean of the nats of its steps and of their square distance from it, over about the latest 256. */
  usual: number
  variance: number
  runs: Run[]
  /** Of its agent or kind: who its peers are. */
  group: number
  /** Of agent and version, and seconds until which a change of it keeps silence and from which the next may. */
  version: number
  coolTo: number
  coolFrom: number
  toldDays: number[] | null
  lessons: number[] | null
  lesson: number
  others: Others | null
}

const DAY = 86_400
const NONE: readonly never[] = []
const TENANT = 'steps'
const MEMORY = 256
const LEAST_SPREAD = 0.8
const MOST_LESSONS = 64
const GRAVE: ReadonlySet<Effect> = new Set<Effect>(['send', 'pay', 'delete', 'grant', 'execute'])

/** The subject of one step. */
interface Call {
  readonly interaction: Interaction
  readonly at: number
  readonly day: number
  readonly to: number
  readonly tools: Tools
  readonly params: Params
}

const spreadOf = ({ variance }: Habit): number => Math.max(LEAST_SPREAD, Math.sqrt(variance))

function learnOne(state: Habit, id: number, { params }: Call): void {
  const level = use(state, id, params.maxSteps)
  if (level > 0 && (state.lessons?.length ?? 0) < MOST_LESSONS) state.lessons = [...(state.lessons ?? []), lessonOf(id, level, state.group)]
}

/** What was held back is learned, but of a told run only once such runs have come on enough days. */
function close(state: Habit, run: Run, call: Call): void {
  if (run.held === null || (run.told && (state.toldDays?.length ?? 0) < call.params.acceptDays)) return
  for (const id of run.held) learnOne(state, id, call)
}

/** Who is at work, looked at when a run begins. */
function introduce(state: Habit, { interaction: { agent, actor_kind, user_agent }, at, params }: Call): void {
  state.group = groupOf(toolId(agent || actor_kind))
  const version = agent === '' && user_agent === '' ? state.version : versionOf(agent, user_agent)
  if (version === state.version) return
  if (state.version !== 0 && at >= state.coolFrom) {
    state.coolTo = at + params.coolHours * 3600
    state.coolFrom = at + params.coolEveryDays * DAY
  }
  state.version = version
}

const versionOf = (agent: string, userAgent: string): number => stepId(agent === '' ? BEGIN : toolId(agent), userAgent === '' ? BEGIN : toolId(userAgent))

function unaskedOf({ request_fit: fit, requested_by: by }: Interaction): readonly string[] {
  if (fit === 'unrelated') return ['the turn asks for something else']
  return by === 'none' ? ['no turn of a user stands behind it'] : NONE
}

const weaker = ({ outcome }: Interaction, severity: Severity): Severity => (outcome === 'denied' || outcome === 'unauthenticated' ? 'low' : severity)

function judge(state: Habit, run: Run, surprise: Surprise, call: Call): Draft[] {
  const { interaction, params } = call
  const spread = spreadOf(state)
  const far = deviations(run, state.usual, spread)
  const isOdd = run.steps >= params.minSteps && far >= params.deviations
  const rare = isRare(surprise, state, params)
  if (!isOdd && !rare) return []
  const isCold = isNewcomer(state, params)
  const unasked = unaskedOf(interaction)
  const history: History = { key: `actor:${interaction.actor}`, calls: state.calls, days: state.days, usual: state.usual, isCold }
  const drafts: Draft[] = []
  if (isOdd && !isCold && !run.told) {
    drafts.push(runDraft(history, run, { severity: weaker(interaction, unasked.length > 0 && GRAVE.has(interaction.effect) ? 'medium' : 'low'), deviations: far, unasked }))
  }
  if (rare && GRAVE.has(interaction.effect)) {
    const severity = isCold || unasked.length === 0 ? (isOdd && !isCold && interaction.request_fit !== 'asked' ? 'medium' : 'low') : isOdd ? 'high' : 'medium'
    drafts.push(leapDraft(history, run, surprise, { severity: weaker(interaction, isCold ? 'low' : severity), from: run.name, to: interaction.tool, effect: interaction.effect, unasked }))
  }
  return drafts
}

/** Nobody took the step, though the tools on both of its sides are well known. */
const isRare = ({ nats, own, uses, toolUses, from }: Surprise, state: Habit, { rareNats, minFrom, minToolUses }: Params): boolean =>
  own === 0 && uses.tenant === 0 && from >= minFrom && toolUses >= minToolUses && nats >= rareNats && nats >= state.usual + 4 * spreadOf(state)

const isNewcomer = ({ calls, days }: Habit, { minCalls, minDays }: Params): boolean => calls < minCalls || days < minDays

/** A tool that others hardly know yet, and this actor neither, is new: how it is used is still to be learned. */
const isYoung = ({ own, toolUses }: Surprise, state: Habit, { to, params }: Call): boolean =>
  own === 0 && toolUses < params.minToolUses && countOf(state.counts, useId(to)) < params.minToolUses

/** What a step says of the usual ones; nothing is learned of a told run but how often its tools are used. */
function takeIn(state: Habit, run: Run, nats: number, call: Call): void {
  if (!run.told) {
    const away = nats - state.usual
    const weight = 1 / Math.min(MEMORY, state.calls)
    state.usual += away * weight
    state.variance += (away * away - state.variance) * weight
  }
  if (run.from === BEGIN) learnOne(state, useId(BEGIN), call)
  learnOne(state, useId(call.to), call)
}

function hold(state: Habit, run: Run, id: number, call: Call): void {
  const held = [...(run.held ?? []), id]
  if (held.length > MOST_HELD) learnOne(state, held.shift() as number, call)
  run.held = held
}

function runFor(state: Habit, call: Call): Run {
  const { interaction: { conversation, agent }, at, params } = call
  const id = hash32(conversation || agent)
  const known = runOf(state.runs, id, at, params.pauseMinutes * 60)
  if (known !== undefined) return known
  introduce(state, call)
  const run = newRun(id, at)
  const { runs, over } = beginRun(state.runs, run, params.maxRuns)
  state.runs = runs
  if (over !== undefined) close(state, over, call)
  return run
}

/** A step that the actor hardly took yet. */
function weighRare(state: Habit, run: Run, call: Call): readonly Draft[] {
  const { interaction, at, day, to, params } = call
  const others = othersOf(call.tools)
  const surprise = surpriseOf(state.counts, others, { from: run.from, to, group: state.group })
  const young = isYoung(surprise, state, call)
  if (!young) add(run, { nats: surprise.nats, tool: interaction.tool }, state.usual, spreadOf(state))
  const blind = isNewcomer(state, params) && (others === undefined || others.all.total < params.minPeerUses)
  const drafts = young || blind || at < state.coolTo ? NONE : judge(state, run, surprise, call)
  if (drafts.length > 0) {
    run.told = true
    if (state.toldDays?.at(-1) !== day) state.toldDays = [...(state.toldDays ?? []).filter((one) => one > day - params.keepDays), day].slice(-params.acceptDays)
  }
  takeIn(state, run, surprise.nats, call)
  const id = stepId(run.from, to)
  if (surprise.own > 0) learnOne(state, id, call)
  else if (call.tools.disputed?.() !== true) hold(state, run, id, call)
  return drafts
}

function follow(state: Habit, call: Call): readonly Draft[] {
  const { interaction, at, to } = call
  const run = runFor(state, call)
  const nats = knownNats(state.counts, run.from, to)
  let drafts: readonly Draft[] = NONE
  if (nats < 0) drafts = weighRare(state, run, call)
  else {
    add(run, { nats, tool: interaction.tool }, state.usual, spreadOf(state))
    takeIn(state, run, nats, call)
    learnOne(state, stepId(run.from, to), call)
  }
  run.at = Math.max(run.at, at)
  run.from = to
  run.name = interaction.tool.length > 80 ? interaction.tool.slice(0, 80) : interaction.tool
  return drafts
}

function nextLesson(state: Habit): number {
  const { lessons } = state
  if (lessons === null) return 0
  state.lessons = lessons.length > 1 ? lessons.slice(1) : null
  return lessons[0] ?? 0
}

const othersOf = (tools: Tools): Others | undefined => (tools.stateOf?.(TENANT) as Habit | undefined)?.others ?? undefined

export const unusualSequence: Detector<Params, Habit> = {
  rule,
  keysOf: (interaction) => (interaction.method === 'tools/call' && interaction.tool !== '' ? actorKeys(interaction) : NONE),
  lore: () => TENANT,
  lesson: ({ lesson }) => lesson,
  learn(tenant, lesson, { maxOthers }) {
    hear(tenant.others ??= nobody(), lesson, maxOthers)
  },
  begin: () => ({ counts: [], calls: 0, days: 0, lastDay: -1, usual: 0, variance: 0, runs: [], group: 0, version: 0, coolTo: 0, coolFrom: 0, toldDays: null, lessons: null, lesson: 0, others: null }),
  step(state, interaction, _, params, tools) {
    const at = secondsOf(interaction)
    const day = Math.floor(at / DAY)
    state.lesson = nextLesson(state)
    state.calls++
    if (day > state.lastDay) {
      state.days++
      state.lastDay = day
    }
    return follow(state, { interaction, at, day, to: toolId(interaction.tool), tools, params })
  },
  forget: ({ lastDay, others }, watermark, { keepDays }) => others === null && (lastDay + keepDays) * DAY < Number(watermark) / 1e9,
}
