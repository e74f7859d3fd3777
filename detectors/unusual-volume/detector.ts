/** Counts per hour and key, and speaks when a running hour passes what its history allows. */
import type { Detector, Draft, Tools } from '../detector.ts'
import { draftOf } from './draft.ts'
import { type Facts, factsOf } from './facts.ts'
import { keysOf, peersOf } from './keys.ts'
import { floorOf, limitOf } from './limit.ts'
import { type Params, rule } from './rule.ts'
import { addTo, emptyRunning, hourIn, METRICS, type Metric, pack, type Packed, type Running, valueOf } from './window.ts'

/** State of a counted key; of the peers' only `windows` is used. */
export interface Volume {
  running: Running
  /** Metrics said in the running hour. */
  said: Metric[]
  /** Limits of the running hour as far as they were needed: [metric, value]. */
  limits: [Metric, number][]
  /** Finished hours, oldest first; none in which something was said. */
  windows: Packed[]
  /** The hour that the latest step finished, 0 = none: what the peers learn. */
  finished: Packed
}

function finish(volume: Volume, hour: number, params: Params): void {
  const { running, said } = volume
  if (running.calls > 0 && said.length === 0) {
    volume.finished = pack(running)
    remember(volume.windows, volume.finished, params.maxWindows)
  }
  volume.running = emptyRunning(hour)
  if (said.length > 0) volume.said = []
  if (volume.limits.length > 0) volume.limits = []
}

function remember(windows: Packed[], packed: Packed, most: number): void {
  windows.push(packed)
  if (windows.length > most) windows.shift()
}

/** A late record counts in the running hour: it is volume that has come to light now. */
function count(volume: Volume, facts: Facts, params: Params): void {
  volume.finished = 0
  if (facts.hour > volume.running.hour) finish(volume, facts.hour, params)
  addTo(volume.running, facts)
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
  begin: () => ({ running: emptyRunning(0), said: [], limits: [], windows: [], finished: 0 }),
  step(volume, interaction, key, params, tools) {
    const facts = factsOf(interaction)
    count(volume, facts, params)
    return judge(volume, { key, seconds: facts.seconds, peers: () => stateOf(peersOf(key, interaction), tools)?.windows ?? [] }, params)
  },
  forget(volume, watermark, params) {
    const latest = Math.max(volume.running.hour, hourIn(volume.windows.at(-1) ?? 0))
    return (latest + params.keepDays * 24) * 3600 < Number(watermark) / 1e9
  },
}
