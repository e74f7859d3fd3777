/** Counts per hour and key, and speaks when a running hour passes what its history allows. */
import type { Detector, Draft, Tools } from '../detector.ts'
import { type Course, type Departure, follow, newCourse } from './course.ts'
import { courseDraft, draftOf } from './draft.ts'
import { type Facts, factsOf } from './facts.ts'
import { keysOf, peersOf } from './keys.ts'
import { floorOf, limitOf } from './limit.ts'
import { type Params, rule } from './rule.ts'
import { addTo, emptyRunning, hourIn, METRICS, type Metric, pack, type Packed, type Running, valueOf } from './window.ts'

const NONE: readonly never[] = []

/** State of a counted key; of the peers' only `windows` is used. */
export interface Volume {
  running: Running
  /** Metrics said in the running hour. */
  said: Metric[]
  /** Something was said in the running hour on the word of a history: it is not learned. Without any history there is nothing else to learn from. */
  disputed: boolean
  /** Limits of the running hour as far as they were needed: [metric, value]. */
  limits: [Metric, number][]
  /** Finished hours, oldest first; none that was disputed. */
  windows: Packed[]
  /** The hour that the latest step finished, 0 = none: what the peers learn. */
  finished: Packed
  /** Of metrics that have passed their floor. */
  courses: [Metric, Course][]
  /** Hours from which the course of a metric may be told again. */
  rests: [Metric, number][]
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
  const { running, courses } = volume
  const changes: Change[] = []
  for (const metric of METRICS) {
    const value = valueOf(running, metric)
    let course = courses.find(([one]) => one === metric)?.[1]
    if (value < 0 || (course === undefined && value < floorOf(metric, params))) continue
    if (course === undefined) courses.push([metric, course = newCourse(running.hour)])
    const departure = follow(course, running.hour, value, params)
    if (departure === undefined || volume.rests.some(([one, to]) => one === metric && running.hour < to)) continue
    rest(volume, metric, running.hour, params)
    changes.push({ metric, hour: running.hour, departure })
  }
  return changes
}

function finish(volume: Volume, hour: number, params: Params): readonly Change[] {
  const { running, said, disputed } = volume
  const changes = running.calls > 0 ? followAll(volume, params) : NONE
  if (running.calls > 0 && !disputed) {
    volume.finished = pack(running)
    remember(volume.windows, volume.finished, params.maxWindows)
  }
  volume.running = emptyRunning(hour)
  if (said.length > 0) volume.said = []
  volume.disputed = false
  if (volume.limits.length > 0) volume.limits = []
  return changes
}

function remember(windows: Packed[], packed: Packed, most: number): void {
  windows.push(packed)
  if (windows.length > most) windows.shift()
}

/** A late record counts in the running hour: it is volume that has come to light now. */
function count(volume: Volume, facts: Facts, params: Params): readonly Change[] {
  volume.finished = 0
  const changes = facts.hour > volume.running.hour ? finish(volume, facts.hour, params) : NONE
  addTo(volume.running, facts)
  return changes
}

interface Subject {
  readonly key: string
  readonly seconds: number
  /** Hours of its peers; asked for once an hour at most. */
  peers(): readonly Packed[]
}

function judge(volume: Volume, { key, seconds, peers }: Subject, params: Params): Draft[] {
  const { running, said } = volume
  const drafts: Draft[] = []
  for (const metric of METRICS) {
    const value = valueOf(running, metric)
    if (value < floorOf(metric, params) || said.includes(metric)) continue
    const known = volume.limits.find(([one]) => one === metric)
    if (known !== undefined && value <= known[1]) continue
    const limit = limitOf(metric, running.hour, { own: volume.windows, peers: peers() }, params)
    if (known === undefined) volume.limits.push([metric, limit.value])
    if (value <= limit.value) continue
    said.push(metric)
    volume.disputed ||= limit.basis !== 'none'
    rest(volume, metric, running.hour, params)
    drafts.push(draftOf({ key, metric, hour: running.hour, value, limit, elapsed: Math.min(1, Math.max(0, seconds / 3600 - running.hour)) }))
  }
  return drafts
}

/** Another state of this detector, as far as the runner shows it. */
const stateOf = (key: string, tools: Tools): Volume | undefined => tools.stateOf?.(key) as Volume | undefined

export const unusualVolume: Detector<Params, Volume> = {
  rule,
  keysOf,
  lore: peersOf,
  lesson: ({ finished }) => finished,
  learn: (peers, finished, params) => remember(peers.windows, finished, params.maxPeerWindows),
  begin: () => ({ running: emptyRunning(0), said: [], disputed: false, limits: [], windows: [], finished: 0, courses: [], rests: [] }),
  step(volume, interaction, key, params, tools) {
    const facts = factsOf(interaction)
    const changes = count(volume, facts, params)
    const drafts = judge(volume, { key, seconds: facts.seconds, peers: () => stateOf(peersOf(key, interaction), tools)?.windows ?? [] }, params)
    return changes.length === 0 ? drafts : [...changes.map((change) => courseDraft(key, change, params.courseHours)), ...drafts]
  },
  forget(volume, watermark, params) {
    const latest = Math.max(volume.running.hour, hourIn(volume.windows.at(-1) ?? 0))
    return (latest + params.keepDays * 24) * 3600 < Number(watermark) / 1e9
  },
}
