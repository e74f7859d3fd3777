import type { ConservationRow } from '../../schemas/conservation.ts'
import { WINDOW_NS } from '../../schemas/conservation.ts'
import { BLANK_CASE, type Finding } from '../../schemas/finding.ts'
import { rule } from './rule.ts'

const COUNTS = [
  'received', 'stored', 'duplicate', 'conflict', 'quarantined', 'rejected', 'skipped', 'in_flight', 'difference',
  'missing_in_collector', 'missing_on_bus', 'missing_in_archiver', 'missing_in_table',
] as const
type Counts = Record<(typeof COUNTS)[number], number>

function sumOf(rows: readonly ConservationRow[]): Counts {
  const sum = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Counts
  for (const row of rows) for (const name of COUNTS) sum[name] += row[name]
  return sum
}

interface Words {
  readonly one: string
  readonly table: string
}
const WORDS: Readonly<Record<'records' | 'points', Words>> = {
  records: { one: 'record', table: 'audit_events' }, points: { one: 'metric point', table: 'mcp_metrics' },
}
const several = (count: number, { one }: Words): string => `${count} ${one}${count === 1 ? '' : 's'}`

function reasonsOf(sum: Counts, words: Words): string[] {
  const records = (count: number): string => several(count, words)
  const reasons: string[] = []
  if (sum.missing_in_collector !== 0) reasons.push(`in the collector: ${records(sum.missing_in_collector)} received without a verdict`)
  if (sum.missing_on_bus !== 0) reasons.push(`on the bus: ${records(sum.missing_on_bus)} acknowledged and never read by the archiver`)
  if (sum.missing_in_archiver !== 0) reasons.push(`in the archiver: ${records(sum.missing_in_archiver)} read without a verdict`)
  if (sum.missing_in_table > 0) reasons.push(`in the table: ${records(sum.missing_in_table)} stored and not in ${words.table}`)
  if (sum.missing_in_table < 0) reasons.push(`in the table: ${records(-sum.missing_in_table)} in ${words.table} that the archiver did not store`)
  return reasons
}

function titleOf({ difference }: Counts, source: string, words: Words): string {
  const records = (count: number): string => several(count, words)
  const who = source || 'an unnamed source'
  if (difference > 0) return `${records(difference)} of ${who} ${difference === 1 ? 'is' : 'are'} missing from the log`
  if (difference < 0) return `${records(-difference)} of ${who} ${difference === -1 ? 'is' : 'are'} in the log and never arrived`
  return `${words.one.charAt(0).toUpperCase()}${words.one.slice(1)}s of ${who} are missing in one place and too many in another`
}

/** The finding for minutes of one source that do not add up; at least one row, oldest first. `id` is 32 hex digits, made of what is off. */
export function conservationFinding(rows: readonly [ConservationRow, ...ConservationRow[]], id: string): Finding {
  const [first] = rows
  const last = rows.at(-1) ?? first
  const sum = sumOf(rows)
  const words = first.points ? WORDS.points : WORDS.records
  return {
    finding_id: id, version: 1, tenant: first.tenant, detector: rule.id, rule_version: rule.version, severity: rule.severity,
    title: titleOf(sum, first.source, words),
    observed: `received ${sum.received}, stored ${sum.stored}, duplicate ${sum.duplicate}, conflict ${sum.conflict}, quarantined ${sum.quarantined}, ` +
      `rejected ${sum.rejected}, skipped ${sum.skipped}, in flight ${sum.in_flight}: ${sum.difference} left over in ${rows.length} minute${rows.length === 1 ? '' : 's'}`,
    expected: 'received = stored + duplicate + conflict + quarantined + rejected + skipped + in flight, in every minute',
    reasons: reasonsOf(sum, words),
    interaction_id: '', trace_id: '', conversation: '', actor: first.source, actor_kind: 'unknown', principal: '', client: '', server: '', tool: '',
    window_start: first.window_start, window_end: last.window_start + WINDOW_NS, evidence_ids: [], created_at: last.checked_at, ...BLANK_CASE,
  }
}
