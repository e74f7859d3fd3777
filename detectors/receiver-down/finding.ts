/** What is said of a receiver that does not take alerts. */
import { BLANK_CASE, type Finding } from '../../schemas/finding.ts'
import { sqlText, sqlTime } from '../../schemas/sql-literal.ts'
import { rule } from './rule.ts'

export interface Outage {
  readonly tenant: string
  readonly receiver: string
  /** First attempt that failed, and the one that made it an outage: nanoseconds. */
  readonly since: bigint
  readonly at: bigint
  readonly attempts: number
  /** HTTP status of the last answer; 0 = none came. */
  readonly status: number
  /** It said 410. */
  readonly gone: boolean
  /** Our own configuration lets nothing go to its target. */
  readonly refused: boolean
}

/** Title, the last answer, and why messages wait or do not. */
function wordsOf({ receiver, status, gone, refused }: Outage): readonly [title: string, answered: string, reason: string] {
  if (refused) {
    return [
      `Receiver ${receiver} is not reached: its target is a private address`, 'nothing sent: its target is a private address',
      'set allow_networks or allow_private for this receiver, or another target, and start again: its messages are held, and go out then',
    ]
  }
  const answered = status === 0 ? 'no answer' : `status ${status}`
  return gone ? [`Receiver ${receiver} says that it is gone`, answered, 'it answered 410: no more messages go to it, but for one a day']
    : [`Receiver ${receiver} does not take alerts`, answered, 'messages wait for it, and are tried again for three days']
}

const SLACK_NS = 60_000_000_000n

/** `findingId`: the same whenever the same outage is told. */
export function receiverDownFinding(findingId: string, outage: Outage): Finding {
  const { tenant, receiver, since, at, attempts } = outage
  const [title, answered, reason] = wordsOf(outage)
  return {
    ...BLANK_CASE,
    finding_id: findingId, version: 1, tenant, detector: rule.id, rule_version: rule.version, severity: rule.severity,
    title,
    observed: `${attempts} attempt${attempts === 1 ? '' : 's'} in a row without success, the last with ${answered}`, expected: 'an answer 2xx',
    reasons: [reason],
    interaction_id: '', trace_id: '', conversation: '', actor: receiver, actor_kind: 'service', principal: '', client: '', server: '', tool: '',
    window_start: since, window_end: at, evidence_ids: [], created_at: at,
    features: [{ name: 'attempts without success', observed: String(attempts), expected: '0', weight: 1 }],
    sql: [
      'SELECT attempted_at, message_id, attempt, status, outcome, answer, alert_id', 'FROM watchkeeper.deliveries',
      `WHERE tenant = ${sqlText(tenant)} AND receiver = ${sqlText(receiver)}`,
      `  AND attempted_at BETWEEN ${sqlTime(since - SLACK_NS)} AND ${sqlTime(at + SLACK_NS)}`, 'ORDER BY attempted_at LIMIT 100',
    ].join('\n'),
  }
}
