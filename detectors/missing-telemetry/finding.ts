/** What is said of a source that stopped, left numbers out or sends a smaller share. */
import { BLANK_CASE, type Finding } from '../../schemas/finding.ts'
import { sqlText, sqlTime } from '../../schemas/sql-literal.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { rule } from './rule.ts'

export interface SourceName {
  readonly tenant: string
  readonly source: string
  readonly emitter: string
}

/** What happened. Times in nanoseconds. */
export type Loss =
  | { readonly kind: 'silent'; readonly lastAt: bigint; readonly usualSeconds: number; readonly elsewhere: Elsewhere }
  | { readonly kind: 'gaps'; readonly lastAt: bigint; readonly sessions: number; readonly gaps: number }
  | { readonly kind: 'sampled'; readonly lastAt: bigint; readonly before: number; readonly share: number }

/** Calls that other sources told since then of the servers that this one told of. */
export interface Elsewhere {
  readonly calls: number
  readonly servers: readonly string[]
}

interface Words {
  readonly severity: Severity
  readonly title: string
  readonly observed: string
  readonly expected: string
  readonly reasons: readonly string[]
}

const MINUTE_NS = 60_000_000_000n
const HOUR_NS = 60n * MINUTE_NS
const MOST_SERVERS = 5
const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`
const iso = (at: bigint): string => new Date(Number(at / 1_000_000n)).toISOString()
const length = (nanoseconds: bigint): string => {
  const minutes = Number(nanoseconds / MINUTE_NS)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}

function wordsOf({ source, emitter }: SourceName, loss: Loss, now: bigint): Words {
  const who = `${source || 'an unnamed source'} (${emitter})`
  if (loss.kind === 'silent') {
    const { calls, servers } = loss.elsewhere
    return {
      // Nobody called: then there may have been nothing to tell.
      severity: calls > 0 ? 'medium' : 'low', title: calls > 0 ? `${who} has stopped, while its servers are still called` : `${who} has stopped`,
      observed: `nothing since ${iso(loss.lastAt)}, for ${length(now - loss.lastAt)}`,
      expected: `something every ${length(BigInt(loss.usualSeconds) * 1_000_000_000n)} as a rule, and no pause so long in seven days`,
      reasons: calls > 0 ? [`${calls} calls since then that others told of ${servers.slice(0, MOST_SERVERS).join(', ')}`] : ['nobody else told of calls to its servers since then'],
    }
  }
  if (loss.kind === 'gaps') {
    return {
      severity: 'low', title: `${loss.gaps} record${loss.gaps === 1 ? '' : 's'} of ${who} never came`,
      observed: `${loss.gaps} numbers missing in ${loss.sessions} sessions of the last day`, expected: 'every number that the emitter counted, two minutes after the next',
      reasons: ['numbers of a session are counted by the emitter; restarts, repetitions and disorder are no gaps'],
    }
  }
  return {
    severity: loss.share < loss.before / 2 ? 'medium' : 'low', title: `${who} sends a smaller share than before: ${percent(loss.share)}`,
    observed: `its telemetry says that ${percent(loss.share)} is sent`, expected: `${percent(loss.before)}, the least of seven days`, reasons: ['what is not sent cannot be judged'],
  }
}

/** `id`: 32 hex digits, made of source and episode. `now`: of the look, nanoseconds. */
export function missingTelemetryFinding(name: SourceName, loss: Loss, { id, now }: { readonly id: string; readonly now: bigint }): Finding {
  const { severity, title, observed, expected, reasons } = wordsOf(name, loss, now)
  const [server = '', ...more] = loss.kind === 'silent' ? loss.elsewhere.servers : []
  return {
    ...BLANK_CASE,
    finding_id: id, version: 1, tenant: name.tenant, detector: rule.id, rule_version: rule.version, severity, title, observed, expected, reasons,
    interaction_id: '', trace_id: '', conversation: '', actor: name.source, actor_kind: 'unknown', principal: '', client: '', server: more.length === 0 ? server : '', tool: '',
    window_start: loss.lastAt, window_end: now, evidence_ids: [], created_at: now,
    features: [{ name: loss.kind === 'silent' ? 'silence' : loss.kind === 'gaps' ? 'missing numbers' : 'sampling', observed, expected, weight: 1 }],
    sql: ['SELECT received_at, source, emitter, method, server, tool, actor, outcome', 'FROM watchkeeper.audit_events', `WHERE tenant = ${sqlText(name.tenant)}`,
      `  AND received_at BETWEEN ${sqlTime(loss.lastAt - HOUR_NS)} AND ${sqlTime(now)}`, `  AND source = ${sqlText(name.source)} AND emitter = ${sqlText(name.emitter)}`,
      'ORDER BY received_at DESC LIMIT 100'].join('\n'),
  }
}
