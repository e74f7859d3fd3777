/** From counts to words: what is blind, what would help, who is silent. Pure. */
import { COVERAGE_WINDOW_NS, type CoverageRow, type CoverageSource, MOST_UNMAPPED } from '../../schemas/coverage.ts'
import { type JoinedFacts, type Knowledge, sourceKey, type WindowFacts } from './contracts.ts'
import type { Past } from './history.ts'
import type { SamplingFacts } from './sampling.ts'
import type { SequenceFacts } from './sequence.ts'
import { silenceOf } from './silence.ts'

/** Everything that one look found. */
export interface Found {
  /** Nanoseconds. */
  readonly now: bigint
  readonly windows: readonly WindowFacts[]
  readonly calls: readonly JoinedFacts[]
  readonly past: readonly Past[]
  readonly sequences: ReadonlyMap<string, SequenceFacts>
  readonly sampling: ReadonlyMap<string, SamplingFacts>
}

/** A column is missing where fewer calls than this have it. */
const ENOUGH = 0.9
const DAY_NS = 24n * COVERAGE_WINDOW_NS

type Counts = ReadonlyMap<string, number>
const NONE: Counts = new Map()

function added(counts: readonly Counts[]): Counts {
  const sum = new Map<string, number>()
  for (const own of counts) for (const [name, count] of own) sum.set(name, (sum.get(name) ?? 0) + count)
  return sum
}

export interface Blindness {
  /** Share of the calls that each detector can judge. */
  readonly detectors: ReadonlyMap<string, number>
  readonly blind: readonly string[]
  readonly missing: readonly string[]
  readonly switches: readonly string[]
}

/** `columns`: in how many of `calls` each column is known, and under `detector*` all that the detector needs. */
function blindnessOf(emitter: string, { calls, columns }: { readonly calls: number; readonly columns: Counts }, knowledge: Knowledge): Blindness {
  if (calls === 0) return { detectors: NONE, blind: [], missing: [], switches: [] }
  const share = (name: string): number => (columns.get(name) ?? 0) / calls
  const detectors = new Map(knowledge.detectors.map(({ id }) => [id, Number(share(`${id}*`).toFixed(4))]))
  const lacking = knowledge.detectors.flatMap(({ id, needs }) => (share(`${id}*`) >= ENOUGH ? [] : needs.filter((column) => share(column) < ENOUGH).map((column) => ({ id, column }))))
  const helps = (knowledge.switches.get(emitter) ?? []).filter(({ gives }) => lacking.some(({ column }) => gives.includes(column)))
  return {
    detectors, blind: knowledge.detectors.filter(({ id }) => (columns.get(`${id}*`) ?? 0) === 0).map(({ id }) => id),
    missing: lacking.map(({ id, column }) => `${id}:${column}`).sort(), switches: helps.map(({ set }) => `${knowledge.titles.get(emitter) ?? emitter}: ${set}`),
  }
}

/** One source with all that was found of it. */
interface Case {
  readonly source: CoverageSource
  readonly windows: readonly WindowFacts[]
  readonly past: Past | undefined
  /** By window. */
  readonly calls: ReadonlyMap<bigint, JoinedFacts>
}

const sourceOf = ({ tenant, source, emitter, scope_version, service_version, mapping_version }: CoverageSource): CoverageSource =>
  ({ tenant, source, emitter, scope_version, service_version, mapping_version })

function casesOf({ windows, calls, past }: Found): readonly Case[] {
  const named = new Map<string, Map<bigint, JoinedFacts>>()
  for (const own of calls) {
    const name = JSON.stringify([own.tenant, own.source, own.emitter])
    named.set(name, (named.get(name) ?? new Map<bigint, JoinedFacts>()).set(own.window_start, own))
  }
  const cases = new Map<string, { source: CoverageSource; windows: WindowFacts[]; past: Past | undefined }>(
    past.map((own) => [sourceKey(own), { source: sourceOf(own), windows: [], past: own }]))
  for (const own of windows) {
    const key = sourceKey(own)
    const known = cases.get(key) ?? { source: sourceOf(own), windows: [], past: undefined }
    cases.set(key, known)
    known.windows.push(own)
  }
  return [...cases.values()].map((one) => ({ ...one, calls: named.get(JSON.stringify([one.source.tenant, one.source.source, one.source.emitter])) ?? new Map<bigint, JoinedFacts>() }))
}

const EMPTY = { events: 0, calls: 0, active_minutes: 0n, fields: NONE, call_fields: NONE, attributes: [] } as const

function rowsOf(one: Case, found: Found, knowledge: Knowledge): readonly CoverageRow[] {
  const { source, windows, past, calls } = one
  const { now, sequences, sampling } = found
  const key = sourceKey(source)
  const lastAt = [past?.last_received_at ?? 0n, ...windows.map(({ last_received_at: at }) => at)].reduce((a, b) => (a > b ? a : b))
  const recent = [...calls.values()].filter(({ window_start: start }) => start >= now - DAY_NS)
  const blindness = blindnessOf(source.emitter, {
    calls: recent.reduce((sum, { joined_calls: own }) => sum + own, past?.joined_calls ?? 0), columns: added([...recent.map((own) => own.joined_fields), past?.joined_fields ?? NONE]),
  }, knowledge)
  const silence = silenceOf([...(past?.hours ?? []), ...windows.map(({ window_start: start, active_minutes: minutes }) => ({ start, minutes }))], { lastAt, now })
  const judged = {
    version: Number(now / 1_000_000n), last_received_at: lastAt, detectors: blindness.detectors, blind_detectors: blindness.blind, missing: blindness.missing,
    switches: blindness.switches, usual_interval_seconds: silence.usualSeconds, silent: silence.silent,
    sequence_sessions: sequences.get(key)?.sessions ?? 0, sequence_gaps: sequences.get(key)?.gaps ?? 0,
    sampling: sampling.get(key)?.said ?? [], sampling_probability: sampling.get(key)?.least ?? Number.NaN,
  }
  const current = now - (now % COVERAGE_WINDOW_NS)
  // A source that sends nothing has a row for this hour all the same, or its silence would be none.
  const counted = windows.some(({ window_start: start }) => start === current) ? windows : [...windows, { ...source, ...EMPTY, window_start: current, last_received_at: lastAt }]
  return counted.map(({ attributes, ...window }) => ({
    ...window, ...judged, joined_calls: calls.get(window.window_start)?.joined_calls ?? 0, joined_fields: calls.get(window.window_start)?.joined_fields ?? NONE,
    unmapped: attributes.filter((name) => !knowledge.reads(source.emitter, name)).sort().slice(0, MOST_UNMAPPED),
  }))
}

/** One row a source and window that was counted, and one for the window of `now`. */
export const coverageRows = (found: Found, knowledge: Knowledge): readonly CoverageRow[] => casesOf(found).flatMap((one) => rowsOf(one, found, knowledge))
