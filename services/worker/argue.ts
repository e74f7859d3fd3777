/** What a finding says beside its words, so that it argues its case: lineage, what weighed, baselines, sample events, the query. Pure. */
import type { Draft, Feature } from '../../detectors/detector.ts'
import { evidenceSql, type Habit, habitSql } from '../../schemas/evidence-sql.ts'
import type { Finding, FindingCase } from '../../schemas/finding.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import { lineageLine, lineOf } from './lineage-line.ts'

const MOST_FEATURES = 5
const MOST_SAMPLES = 3
const LONGEST = 240

const featureOf = ({ name, observed, expected = '', weight }: Feature): Finding['features'][number] => ({
  name: lineOf(name, LONGEST), observed: lineOf(observed, LONGEST), expected: lineOf(expected, LONGEST), weight: Number.isFinite(weight) ? Math.min(1, Math.max(0, weight)) : 0,
})

/** Heaviest first, and shares of one whole at most. */
function featuresOf(all: readonly Feature[]): Finding['features'] {
  const features = all.map(featureOf).sort((one, other) => other.weight - one.weight).slice(0, MOST_FEATURES)
  const sum = features.reduce((total, { weight }) => total + weight, 0)
  return sum <= 1 ? features : features.map((feature) => ({ ...feature, weight: feature.weight / sum }))
}

/** The first, the one in the middle and the last. */
const spread = (ids: readonly string[]): readonly string[] =>
  ids.length <= MOST_SAMPLES ? ids : [ids[0]!, ids[Math.floor((ids.length - 1) / 2)]!, ids.at(-1)!]

/** Wild clocks are brought to what a date can hold. */
const isoOf = (nanoseconds: bigint): string => new Date(Math.min(Math.max(Number(nanoseconds / 1_000_000n), 0), 253_402_300_799_999)).toISOString()

type Said = Pick<Finding, 'detector' | 'tenant' | 'interaction_id' | 'trace_id' | 'actor' | 'server' | 'tool' | 'window_start' | 'window_end' | 'evidence_ids'>

/** Whose habit a draft is about: detectors begin `about` with their key. Where that says nothing known, the actor's. */
function habitOf(key: string, { actor, server, tool }: Said, token: string): Habit | undefined {
  if (token !== '' && key === `token:${token}`) return new Map([['token_fingerprint', token]])
  if (server !== '' && key === `server:${server}`) return new Map([['server', server]])
  if (actor === '') return undefined
  return key === `tool:${tool} of ${actor}` ? new Map([['actor', actor], ['tool', tool]]) : new Map([['actor', actor]])
}

function sqlOf(draft: Draft, said: Said, token: string): string {
  const when = { tenant: said.tenant, first_seen: said.window_start, last_seen: said.window_end }
  const habit = draft.windowStart === undefined || draft.evidence !== undefined ? undefined : habitOf(draft.about[0] ?? '', said, token)
  if (habit !== undefined) return habitSql(when, habit)
  const calls = said.interaction_id === '' || draft.evidence !== undefined ? [] : [said.interaction_id]
  return evidenceSql({ ...when, interaction_ids: calls, evidence_ids: said.evidence_ids, trace_id: said.trace_id, actor: said.actor })
}

/** What is known of an observation or a call. */
export type Told = Pick<Interaction, 'method' | 'tool' | 'server' | 'target' | 'outcome' | 'started_at' | 'event_ids'>

/** `seen`: what the evidence is of, where that is known; `interaction`: where there is one. */
export function caseOf(draft: Draft, said: Said, { seen, interaction }: { readonly seen?: Told | undefined; readonly interaction?: Interaction | undefined }): FindingCase {
  const { self = '', peers = '', tenant = '' } = draft.baselines ?? {}
  const what = (id: string): string => {
    if (seen === undefined || !seen.event_ids.includes(id)) return id
    const { method, tool, server, target, outcome, started_at } = seen
    return lineOf(`${id} ${isoOf(started_at)} ${method}${tool === '' ? '' : ` ${tool}`}${server || target ? ` on ${server || target}` : ''}: ${outcome}`, LONGEST)
  }
  return {
    // Who judges by one thing need not say it twice.
    features: featuresOf(draft.features ?? [{ name: said.detector, observed: draft.observed, expected: draft.expected, weight: 1 }]),
    baseline_self: lineOf(self, LONGEST), baseline_peers: lineOf(peers, LONGEST), baseline_tenant: lineOf(tenant, LONGEST),
    lineage: interaction === undefined ? '' : lineageLine(interaction),
    sample_events: spread(said.evidence_ids).map(what), sql: sqlOf(draft, said, interaction?.token_fingerprint ?? ''), part_ids: [],
  }
}
