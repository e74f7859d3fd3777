/** Up to where the log is signed, and what of that is outside. */
import type { Store } from '../../schemas/ports.ts'
import { sqlTime } from '../../schemas/sql-literal.ts'
import { isoTime } from './responses.ts'

export interface AnchorStatus {
  readonly anchor: string
  readonly kind: string
  /** Up to which size of the log over all partitions it has it; 0 for nothing. */
  readonly size: number
  /** When it took that, ISO 8601; '' where it never took one. */
  readonly anchored_at: string
  /** Why it did not take the last one; '' where it did. */
  readonly trouble: string
}

export interface ProofStatus {
  /** Origin of the log over all partitions; '' where nothing is signed. */
  readonly log: string
  readonly size: number
  /** ISO 8601. */
  readonly signed_at: string
  /** Something was received after that, and more than a minute ago. */
  readonly late: boolean
  readonly anchors: readonly AnchorStatus[]
}

/** Anchors that were not tried for so long are not configured any more. */
const DAYS = 30
/** From receipt to signature it takes some ten seconds. */
const PATIENCE_NS = 60_000_000_000n

export async function proofOf(store: Pick<Store, 'query'>, now: bigint): Promise<ProofStatus> {
  const [newest] = await store.query('SELECT log, size, made_at FROM watchkeeper.checkpoint_versions WHERE partition = -1 ORDER BY made_at DESC, size DESC LIMIT 1')
  const madeAt = (newest?.['made_at'] ?? 0n) as bigint
  const unsigned = await store.query(`SELECT 1 AS one FROM watchkeeper.audit_events WHERE received_at > ${sqlTime(madeAt)} AND received_at < ${sqlTime(now - PATIENCE_NS)} LIMIT 1`)
  const anchors = await store.query(`SELECT anchor, argMax(kind, anchored_at) AS last_kind, maxIf(size, ok) AS taken, maxIf(anchored_at, ok) AS taken_at, countIf(ok) AS n, argMax(detail, anchored_at) AS trouble
    FROM watchkeeper.anchor_versions WHERE anchored_at > now() - INTERVAL ${DAYS} DAY GROUP BY anchor ORDER BY anchor`)
  return {
    log: String(newest?.['log'] ?? ''), size: Number(newest?.['size'] ?? 0), signed_at: newest === undefined ? '' : isoTime(madeAt), late: unsigned.length > 0,
    anchors: anchors.map((row) => ({
      anchor: String(row['anchor']), kind: String(row['last_kind']), size: Number(row['taken']), anchored_at: Number(row['n']) === 0 ? '' : isoTime(row['taken_at'] as bigint),
      trouble: String(row['trouble']),
    })),
  }
}

/** What somebody has to see to. */
export function problemsOfProof({ late, signed_at: signedAt, anchors }: ProofStatus): readonly string[] {
  return [
    ...(late ? [`what was stored is not signed${signedAt === '' ? '' : ` since ${signedAt}`}: is a notary running (watchkeeper notary), and what does its log say?`] : []),
    ...anchors.filter(({ trouble }) => trouble !== '').map(({ anchor, anchored_at: at, trouble }) => `anchor ${anchor} has taken nothing${at === '' ? '' : ` since ${at}`}: ${trouble}`),
  ]
}
