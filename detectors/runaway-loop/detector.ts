/** Counts what an actor repeats, and speaks while a loop runs. */
import type { Interaction } from '../../schemas/interaction.ts'
import { isToolCall } from '../caller/call.ts'
import type { Detector, Draft } from '../detector.ts'
import { actorKeys } from '../keys.ts'
import { milderEffect } from '../request-fit/command-effect.ts'
import { nameWords } from '../request-fit/words.ts'
import { hash32 } from '../stats/distinct.ts'
import { secondsOf } from '../stats/moment.ts'
import { remembering } from '../stats/remembering.ts'
import { agentsDraft, loopDraft, paceDraft, severityOf, spawnDraft } from './draft.ts'
import { type Fan, meet, newFan, spawn } from './fan.ts'
import { count, end, fails, type Habit, type Loops, noLoops, noteHabit, roundOf, type Run, stands } from './loop.ts'
import { keepPace, newPace, type Pace } from './pace.ts'
import { type Params, rule } from './rule.ts'

/** State of an actor. */
export interface Doing {
  readonly loops: Loops
  readonly pace: Pace
  /** Null as long as it has no agents. */
  fan: Fan | null
}

const NONE: readonly never[] = []
const DAY = 86_400
const GRAVE: ReadonlySet<string> = new Set(['pay', 'send', 'grant', 'delete'])
const POLLS = new Set(['status', 'state', 'progress', 'poll', 'wait', 'await', 'health', 'ping', 'heartbeat', 'watch', 'monitor', 'check', 'alive', 'ready', 'tail', 'job', 'task', 'run', 'build', 'pipeline',
  'deployment', 'workflow', 'operation', 'queue', 'execution'])
const STARTS = new Set(['spawn', 'start', 'launch', 'create', 'run', 'invoke', 'delegate', 'call', 'dispatch', 'new'])
const AGENTS = new Set(['agent', 'agents', 'subagent', 'subagents', 'subtask'])

interface Traits {
  readonly hash: number
  readonly polls: boolean
  readonly spawns: boolean
}

const traitsOf = remembering((tool): Traits => {
  const words = nameWords(tool)
  const spawns = words.some((word) => AGENTS.has(word)) && (words.length === 1 || words.some((word) => STARTS.has(word)))
  return { hash: hash32(tool), polls: words.some((word) => POLLS.has(word)), spawns: spawns || tool === 'Task' }
})

const isFailure = ({ outcome }: Interaction): boolean => outcome !== 'ok' && outcome !== 'unknown' && outcome !== 'cancelled'

/** Hash of the end of a text: all of a keyed hash is as good as its end, and this is made of every call. */
const TAIL = 12
function hashTail(text: string): number {
  let hash = 0x811c9dc5
  for (let at = Math.max(0, text.length - TAIL); at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** Tool and arguments, 0 where arguments are not known. */
function callOf({ hash }: Traits, { arguments_hash: known, arguments: sent }: Interaction): number {
  if (known !== '') return ((hash ^ Math.imul(hashTail(known), 31)) >>> 0) || 1
  return sent === '' ? 0 : ((hash ^ Math.imul(hash32(sent.slice(0, LOOKED_AT)), 31)) >>> 0) || 1
}
const LOOKED_AT = 512

/** Of an actor that many share, the call of one conversation. */
const lineOf = (call: number, interaction: Interaction): number =>
  (interaction.conversation === '' || isPersonal(interaction) ? call : (call ^ hash32(interaction.conversation)) >>> 0)

const settle = (run: Run, interaction: Interaction): void => end(run, { failed: isFailure(interaction), result: interaction.result_hash === '' ? 0 : hashTail(interaction.result_hash) || 1,
  reads: interaction.effect === 'read' || interaction.effect === 'unknown' || interaction.effect === 'execute' })

const isPersonal = ({ actor_kind: kind }: Interaction): boolean => kind === 'principal' || kind === 'service'

interface Judged {
  readonly interaction: Interaction
  readonly key: string
  readonly traits: Traits
  readonly params: Params
}

/** Level at which a run is told, and how grave its repetitions are; commands are read only of a run that has come so far. */
function limitOf(run: Run, level: number, { interaction, traits, params }: Judged): { readonly limit: number; readonly effect: string } {
  const { effect: named, tool, arguments: sent } = interaction
  const alone = interaction.conversation !== '' || isPersonal(interaction)
  const shared = alone ? 1 : params.sharedFactor
  if (GRAVE.has(named)) return { limit: params.graveRepeats * shared, effect: named }
  const changes = named === 'write' || named === 'execute'
  // Many people ask the same.
  const failing = fails(run)
  if (!alone && !failing && !changes) return { limit: Infinity, effect: named }
  const reading = stands(run) && !traits.polls ? params.sameRepeats : params.readRepeats
  const limit = (failing || changes ? params.repeats : reading) * shared
  if (level < limit) return { limit, effect: named }
  const effect = milderEffect(named, tool, sent)
  const reads = effect !== 'write' && effect !== 'execute'
  return { limit: (reads && !failing ? reading : params.repeats) * (reads && traits.polls ? params.pollFactor : 1) * shared, effect }
}

/** Runs that are known from several days are told where they are far above their peak. */
const isHabit = ({ days, peak }: Habit, { level }: Run, { habitDays, habitFactor }: Params): boolean => days > habitDays && level < peak * habitFactor

function judge(loops: Loops, run: Run, judged: Judged): readonly Draft[] {
  if (run.level * 2 < judged.params.graveRepeats) return NONE
  const round = roundOf(loops, run)
  const level = round.reduce((sum, one) => sum + one.level, 0)
  const { limit, effect } = limitOf(run, level, judged)
  if (level * 2 < limit) return NONE
  const habit = noteHabit(loops, run, Math.floor(run.at / DAY))
  if (run.told > 1 || level < limit || isHabit(habit, run, judged.params)) return NONE
  const looping = { ...judged, run, effect, limit, level, habit, others: round.length - 1 }
  const severity = severityOf(looping)
  if (run.told > 0 && severity === 'low') return NONE
  for (const one of round) one.told = severity === 'low' ? 1 : 2
  return [loopDraft(looping, severity)]
}

function judgeAgents(doing: Doing, { interaction, key, traits, params }: Judged, seconds: number): readonly Draft[] {
  const fan = (doing.fan ??= newFan())
  const drafts: Draft[] = []
  if (traits.spawns && spawn(fan, seconds, params)) drafts.push(spawnDraft(key, fan, seconds))
  if (interaction.requested_by === 'parent_agent' && interaction.agent !== '' && meet(fan, hash32(interaction.agent), seconds, params)) drafts.push(agentsDraft(key, fan, seconds))
  return drafts
}

export const runawayLoop: Detector<Params, Doing> = {
  rule,
  keysOf: (interaction) => (isToolCall(interaction) ? actorKeys(interaction) : NONE),
  begin: () => ({ loops: noLoops(), pace: newPace(), fan: null }),
  step(doing, interaction, key, params) {
    const seconds = secondsOf(interaction)
    const traits = traitsOf(interaction.tool)
    const paced = keepPace(doing.pace, seconds, params) ? [paceDraft(key, doing.pace, seconds)] : NONE
    const agents = traits.spawns || interaction.requested_by === 'parent_agent' ? judgeAgents(doing, { interaction, key, traits, params }, seconds) : NONE
    const call = callOf(traits, interaction)
    const run = call === 0 ? undefined : count(doing.loops, { id: lineOf(call, interaction), call, seconds }, params.leakSeconds)
    if (run !== undefined) settle(run, interaction)
    const looped = run === undefined ? NONE : judge(doing.loops, run, { interaction, key, traits, params })
    return paced.length + agents.length + looped.length === 0 ? NONE : [...paced, ...agents, ...looped]
  },
  forget: ({ pace }, watermark, { keepDays }) => pace.minute > 0 && pace.minute * 60 + keepDays * DAY < Number(watermark) / 1e9,
}
