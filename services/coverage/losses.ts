/** What became worse since the look before: who stopped, left numbers out, sends less. Pure. */
import type { Loss, SourceName } from '../../detectors/missing-telemetry/finding.ts'
import type { CoverageRow } from '../../schemas/coverage.ts'

/** What coverage says of one version of a source. Of several lines of the same version the latest counts. */
export type Line = Pick<CoverageRow, 'tenant' | 'source' | 'emitter' | 'scope_version' | 'service_version' | 'mapping_version' | 'version' | 'last_received_at' | 'usual_interval_seconds' | 'silent' |
  'sequence_sessions' | 'sequence_gaps' | 'sampling_probability'>

/** Of a source and emitter, all versions together. */
export interface State extends SourceName {
  /** Nanoseconds. */
  readonly lastAt: bigint
  readonly usualSeconds: number
  readonly silent: boolean
  readonly sessions: number
  readonly gaps: number
  /** The least share that was ever said in the lines; 1 where nothing is said. */
  readonly share: number
}
export type States = ReadonlyMap<string, State>

/** A source is as silent as the version of it that sent last: those before it were replaced. */
function join(lines: readonly Line[]): State {
  const last = lines.reduce((a, b) => (b.last_received_at > a.last_received_at ? b : a))
  const shares = lines.map(({ sampling_probability: share }) => share).filter((share) => !Number.isNaN(share))
  return {
    tenant: last.tenant, source: last.source, emitter: last.emitter, lastAt: last.last_received_at, usualSeconds: last.usual_interval_seconds, silent: last.silent,
    sessions: lines.reduce((sum, { sequence_sessions: own }) => sum + own, 0), gaps: lines.reduce((sum, { sequence_gaps: own }) => sum + own, 0), share: Math.min(1, ...shares),
  }
}

const nameOf = ({ tenant, source, emitter }: SourceName): string => JSON.stringify([tenant, source, emitter])

export function statesOf(lines: readonly Line[]): States {
  const latest = new Map<string, Line>()
  for (const line of lines) {
    const key = JSON.stringify([nameOf(line), line.scope_version, line.service_version, line.mapping_version])
    if ((latest.get(key)?.version ?? -1) <= line.version) latest.set(key, line)
  }
  const named = new Map<string, Line[]>()
  for (const line of latest.values()) named.set(nameOf(line), [...(named.get(nameOf(line)) ?? []), line])
  return new Map([...named].map(([name, own]) => [name, join(own)]))
}

/** A share that is smaller by less is rounding, or a sampler that follows the load. */
const SMALLER = 0.9

export interface Lost {
  readonly state: State
  readonly loss: Loss
  /** What makes it one episode, so that two looks say one thing. */
  readonly episode: string
}

/** `archived`: the tables hold all that was acknowledged, so that silence is silence. */
export function lossesOf(before: States, now: States, archived: boolean): readonly Lost[] {
  return [...now].flatMap(([name, state]): Lost[] => {
    const past = before.get(name)
    const { lastAt, usualSeconds, sessions, gaps, share } = state
    const lost: Lost[] = []
    if (archived && state.silent && past?.silent !== true) lost.push({ state, episode: `silent ${lastAt}`, loss: { kind: 'silent', lastAt, usualSeconds, elsewhere: { calls: 0, servers: [] } } })
    if (gaps > 0 && (past?.gaps ?? 0) === 0) lost.push({ state, episode: `gaps ${lastAt}`, loss: { kind: 'gaps', lastAt, sessions, gaps } })
    if (past !== undefined && share < past.share * SMALLER) lost.push({ state, episode: `sampled ${lastAt}`, loss: { kind: 'sampled', lastAt, before: past.share, share } })
    return lost
  })
}

/** What the next look compares with: what was seen last, the least share so far, and no silence that could not be judged. */
export function remembered(before: States, now: States, archived: boolean): States {
  const next = new Map<string, State>()
  for (const [name, state] of now) {
    const past = before.get(name)
    next.set(name, { ...state, silent: state.silent && (archived || past?.silent === true), share: Math.min(state.share, past?.share ?? 1) })
  }
  return next
}
