/** What is said of a credential that is not in order. */
import { BLANK_CASE, type Finding } from '../../schemas/finding.ts'
import { sqlText, sqlTime } from '../../schemas/sql-literal.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { rule } from './rule.ts'

/** Times in nanoseconds. */
export type Trouble = { readonly tenant: string } & (
  | { readonly trouble: 'ended' | 'ends_soon'; readonly kind: string; readonly credential: string; readonly fingerprint: string; readonly endsAt: bigint }
  | { readonly trouble: 'old'; readonly kind: string; readonly credential: string; readonly fingerprint: string; readonly issuedAt: bigint; readonly maxAgeDays: number; readonly holder: string; readonly server: string }
  | { readonly trouble: 'used_after_end'; readonly server: string; readonly tokens: number; readonly uses: number; readonly latestNs: bigint; readonly firstAt: bigint; readonly lastAt: bigint; readonly evidence: readonly string[] })

const DAY_NS = 86_400_000_000_000n
const HOUR_NS = 3_600_000_000_000n
const SOON_DAYS = 7

interface Words {
  readonly severity: Severity
  readonly title: string
  readonly observed: string
  readonly expected: string
  readonly reasons: readonly string[]
}

const KINDS: Readonly<Record<string, string>> = { watchkeeper_token: 'token', certificate: 'certificate', client_certificate: 'certificate', secret: 'secret', key: 'key', token: 'token' }
const nameOf = ({ kind, credential }: { readonly kind: string; readonly credential: string }): string => `${KINDS[kind] ?? kind} ${credential}`
const dayOf = (at: bigint): string => new Date(Number(at / 1_000_000n)).toISOString().slice(0, 10)
const days = (nanoseconds: bigint): number => Number(nanoseconds / DAY_NS)
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

function wordsOf(one: Trouble, now: bigint): Words {
  switch (one.trouble) {
    case 'ended': return {
      severity: one.kind === 'certificate' ? 'high' : 'low', title: `${capital(nameOf(one))} has ended`, observed: `it ended on ${dayOf(one.endsAt)}`, expected: 'a new one before that',
      reasons: ['whoever needs it is refused from then on'],
    }
    case 'ends_soon': {
      const left = days(one.endsAt - now)
      return {
        severity: one.kind === 'certificate' || left < SOON_DAYS ? 'medium' : 'low', title: `${capital(nameOf(one))} ends in ${left} days`, observed: `it ends on ${dayOf(one.endsAt)}`, expected: 'a new one in time',
        reasons: ['whoever needs it is refused from then on'],
      }
    }
    case 'old': return {
      severity: 'low', title: `${capital(nameOf(one))} is overdue for rotation`, observed: `it is ${days(now - one.issuedAt)} days old`, expected: `at most ${one.maxAgeDays} days`,
      reasons: ['the older a credential, the more places know it'],
    }
    case 'used_after_end': return {
      severity: one.latestNs >= HOUR_NS ? 'medium' : 'low', title: `${one.server || 'A server'} takes tokens after their end`,
      observed: `${one.uses} uses of ${one.tokens} ${one.tokens === 1 ? 'token' : 'tokens'}, up to ${Math.round(Number(one.latestNs / 60_000_000_000n))} minutes after they had ended`,
      expected: 'a refusal, at the latest five minutes after the end', reasons: ['the end is what the token itself says (exp)', 'a stolen token is of use for as long as nobody checks that'],
    }
  }
}

function sqlOf(one: Trouble, now: bigint): string {
  if (one.trouble !== 'used_after_end') return `SELECT * FROM watchkeeper.credentials\nWHERE tenant = ${sqlText(one.tenant)} AND credential = ${sqlText(one.credential)}`
  return [`SELECT started_at, server, tool, principal, client, token_fingerprint, outcome, attributes['jwt.exp'] AS ends`, 'FROM watchkeeper.audit_events',
    `WHERE tenant = ${sqlText(one.tenant)} AND started_at BETWEEN ${sqlTime(one.firstAt)} AND ${sqlTime(now)} AND server = ${sqlText(one.server)} AND token_fingerprint != ''`, 'ORDER BY started_at DESC LIMIT 100'].join('\n')
}

/** `id`: 32 hex digits, made of what it is about. `now`: of the look, nanoseconds. */
export function overdueFinding(one: Trouble, { id, now }: { readonly id: string; readonly now: bigint }): Finding {
  const { severity, title, observed, expected, reasons } = wordsOf(one, now)
  const used = one.trouble === 'used_after_end'
  return {
    ...BLANK_CASE,
    finding_id: id, version: 1, tenant: one.tenant, detector: rule.id, rule_version: rule.version, severity, title, observed, expected, reasons,
    interaction_id: '', trace_id: '', conversation: '', actor: used ? one.server : one.trouble === 'old' && one.holder !== '' ? one.holder : one.credential, actor_kind: 'unknown', principal: '', client: '',
    server: used || one.trouble === 'old' ? one.server : '', tool: '',
    window_start: used ? one.firstAt : now, window_end: used ? one.lastAt : now, evidence_ids: used ? one.evidence : [], created_at: now,
    features: [{ name: one.trouble.replaceAll('_', ' '), observed, expected, weight: 1 }], sql: sqlOf(one, now),
  }
}
