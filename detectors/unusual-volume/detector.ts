/** Counts per hour and key, and speaks when a running hour passes what its history allows. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Detector, Draft, Tools } from '../detector.ts'
import { type Course, type Departure, follow, newCourse } from './course.ts'
import { courseDraft, draftOf } from './draft.ts'
import { type Facts, factsOf } from './facts.ts'
import { homeOf, isOfTool, keysOf, peersOf } from './keys.ts'
import { floorOf, isFresh, limitOf } from './limit.ts'
import { type Params, rule } from './rule.ts'
import { addTo, hourIn, METRICS, type Metric, pack, type Packed, restart, type Running, valueOf } from './window.ts'

const NONE: readonly never[] = []

/**
 * State of a counted key and its running hour in one; of the peers' only `windows` is used. Lists that are seldom more than empty are made anew
 * when they change, so that all keys share the empty one: what a key costs in time is how many objects it is made of.
 */
export interface Volume extends Running {
  /** Metrics said in the running hour. */
  said: readonly Metric[]
  /** Something was said in the running hour on the word of a history: it is not learned. Without any history there is nothing else to learn from. */
  disputed: boolean
  /** Limits of the running hour as far as they were needed: [metric, value]. */
  limits: readonly (readonly [Metric, number])[]
  /** Finished hours, oldest first; none that was disputed. */
  windows: readonly Packed[]
  /** The latest step finished the last of them: what the peers learn. In states of before it was that hour itself. */
  finished: boolean | Packed
  /** Of metrics that have passed their floor. */
  courses: readonly (readonly [Metric, Course])[]
  /** Hours from which the course of a metric may be told again. */
  rests: readonly (readonly [Metric, number])[]
}

/** Its course is told with what was told of it already. */
function rest(volume: Volume, metric: Metric, hour: number, { restHours }: Params): void {
  volume.rests = [...volume.rests.filter(([one]) => one !== metric), [metric, hour + restHours]]
}

/** A metric whose course of the last day was never there before. */
interface Change {
  readonly metric: Metric
  readonly hour: number
  readonly departure: Departure
}

/** Takes the finished hour into the courses, of those metrics that are or were busy. */
function followAll(volume: Volume, params: Params): readonly Change[] {
  if (volume.courses.length === 0 && !passesFloor(volume, params)) return NONE
  const { hour } = volume
  const changes: Change[] = []
  for (const metric of METRICS) {
    const value = valueOf(volume, metric)
    let course = volume.courses.find(([one]) => one === metric)?.[1]
    if (value < 0 || (course === undefined && value < floorOf(metric, params))) continue
    if (course === undefined) volume.courses = [...volume.courses, [metric, course = newCourse(hour)]]
    const departure = follow(course, hour, value, params)
    if (departure === undefined || volume.rests.some(([one, to]) => one === metric && hour < to)) continue
    rest(volume, metric, hour, params)
    changes.push({ metric, hour, departure })
  }
  return changes
}

const passesFloor = (running: Running, { minCalls, minBytes, minDistinct }: Params): boolean =>
  running.calls >= minCalls || running.bytes >= minBytes || valueOf(running, 'distinct') >= minDistinct

function finish(volume: Volume, hour: number, key: string, params: Params): readonly Change[] {
  const changes = volume.calls > 0 ? followAll(volume, params) : NONE
  if (volume.calls > 0 && !volume.disputed) {
    forgetOld(volume, hour, params)
    remember(volume, pack(volume), windowsOf(key, params))
    volume.finished = true
  }
  restart(volume, hour)
  volume.said = NONE
  volume.disputed = false
  volume.limits = NONE
  return changes
}

const windowsOf = (key: string, { maxWindows, maxToolWindows }: Params): number => (isOfTool(key) ? maxToolWindows : maxWindows)

/** The first is a list of its own, exactly as long as needed; the others are added in place. */
function remember(volume: Volume, packed: Packed, most: number): void {
  if (volume.windows.length === 0) {
    volume.windows = [packed]
    return
  }
  const windows = volume.windows as Packed[]
  windows.push(packed)
  if (windows.length > most) windows.shift()
}

/** Hours go forward, so what says nothing of this hour never will again. */
function forgetOld(volume: Volume, hour: number, { keepDays }: Params): void {
  let old = 0
  while (old < volume.windows.length && !isFresh(volume.windows[old] as Packed, hour, keepDays)) old++
  if (old > 0) (volume.windows as Packed[]).splice(0, old)
}

/** A late record counts in the running hour: it is volume that has come to light now. */
function count(volume: Volume, facts: Facts, key: string, params: Params): readonly Change[] {
  volume.finished = false
  const changes = facts.hour > volume.hour ? finish(volume, facts.hour, key, params) : NONE
  addTo(volume, facts)
  return changes
}

interface Subject {
  readonly key: string
  readonly interaction: Interaction
  readonly seconds: number
  readonly tools: Tools
}

/** Hours of its peers; asked for once an hour at most. */
const peersHours = ({ key, interaction, tools }: Subject): readonly Packed[] => (tools.stateOf?.(peersOf(key, interaction)) as Volume | undefined)?.windows ?? NONE

/** Of a key that has passed a floor. */
function judge(volume: Volume, subject: Subject, params: Params): readonly Draft[] {
  const { key, seconds } = subject
  const { hour } = volume
  const drafts: Draft[] = []
  for (const metric of METRICS) {
    const value = valueOf(volume, metric)
    if (value < floorOf(metric, params) || volume.said.includes(metric)) continue
    const known = volume.limits.find(([one]) => one === metric)
    if (known !== undefined && value <= known[1]) continue
    const limit = limitOf(metric, hour, { own: volume.windows, peers: peersHours(subject) }, params)
    if (known === undefined) volume.limits = [...volume.limits, [metric, limit.value]]
    if (value <= limit.value) continue
    volume.said = [...volume.said, metric]
    volume.disputed ||= limit.basis !== 'none'
    rest(volume, metric, hour, params)
    drafts.push(draftOf({ key, metric, hour, value, limit, elapsed: Math.min(1, Math.max(0, seconds / 3600 - hour)) }))
  }
  return drafts
}

export const unusualVolume: Detector<Params, Volume> = {
  rule,
  keysOf,
  homeOf,
  lore: peersOf,
  lesson: ({ finished, windows }) => (finished === true ? windows.at(-1) ?? 0 : 0),
  learn: (peers, finished, params) => remember(peers, finished, params.maxPeerWindows),
  // Written out: of a copy of another object only the first few fields lie in the object itself.
  begin: () => ({ hour: 0, calls: 0, bytes: -1, distinct: NONE, said: NONE, disputed: false, limits: NONE, windows: NONE, finished: false, courses: NONE, rests: NONE }),
  step(volume, interaction, key, params, tools) {
    const facts = factsOf(interaction)
    const changes = count(volume, facts, key, params)
    const drafts = passesFloor(volume, params) ? judge(volume, { key, interaction, seconds: facts.seconds, tools }, params) : NONE
    return changes.length === 0 ? drafts : [...changes.map((change) => courseDraft(key, change, params.courseHours)), ...drafts]
  },
  forget(volume, watermark, params) {
    const latest = Math.max(volume.hour, hourIn(volume.windows.at(-1) ?? 0))
    return (latest + params.keepDays * 24) * 3600 < Number(watermark) / 1e9
  },
}
