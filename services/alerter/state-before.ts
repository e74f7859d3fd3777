/** States of version 1, of before alerts had a life, as they are brought to today's. */
import { deflateRawSync } from 'node:zlib'
import { type Alert, BLANK_LIFE, type Delivery } from '../../schemas/alert.ts'
import { BLANK_CASE } from '../../schemas/finding.ts'
import { familyOf } from './alert-words.ts'
import { emptyKept, type Group, type Kept, type Member } from './state.ts'

interface GroupBefore {
  readonly alert: Omit<Alert, keyof typeof BLANK_LIFE> & Partial<Alert>
  readonly keys: readonly string[]
  readonly members: readonly Member[]
  readonly findings: number
  readonly heardAt: bigint
  readonly notifyAt: bigint
  readonly notifiedAt: bigint
  readonly unpublished: boolean
}

interface PendingBefore {
  readonly messageId: string
  readonly alertId: string
  readonly alertVersion: number
  readonly tenant: string
  readonly receiver: string
  readonly body: string
  readonly madeAt: bigint
  readonly attempts: number
  readonly nextAt: bigint
}

export interface StateBefore {
  readonly groups: ReadonlyMap<string, GroupBefore>
  readonly known: Kept['known']
  readonly pending: readonly PendingBefore[]
  readonly closed: readonly GroupBefore['alert'][]
  readonly deliveries: readonly Delivery[]
}

const alertOf = (alert: GroupBefore['alert'], findings: number): Alert => ({ ...BLANK_LIFE, families: [...new Set(alert.detectors.map(familyOf))].sort(), findings, ...alert })

/** The keys of habits named the detector; they name its family. */
function keyOf(scopedKey: string): string {
  const [tenant = '', key = ''] = JSON.parse(scopedKey) as string[]
  const at = key.lastIndexOf('|')
  return JSON.stringify([tenant, key.startsWith('actor:') && at > 0 ? `${key.slice(0, at + 1)}${familyOf(key.slice(at + 1))}` : key])
}

/** What members lack that are older than these fields. */
const UNARGUED = { rule_version: 0, ...BLANK_CASE }

function groupOf({ alert, keys, members, ...timers }: GroupBefore): Group {
  return {
    ...timers, alert: alertOf(alert, timers.findings), keys: keys.map(keyOf), members: members.slice(0, 50).map((member) => ({ ...UNARGUED, ...member })),
    // Who was told what is not known: the next news is news to all.
    toldWords: '', toldTo: [], toldBefore: [], quietTo: '', again: false, heldIn: [], patient: false, publishedAt: 0n,
  }
}

/** Nothing is lost: open alerts, waits, what is known, and messages on their way with their ids and bodies. */
export function migrated({ groups, known, pending, closed, deliveries }: StateBefore): Kept {
  const kept = emptyKept()
  for (const [id, group] of groups) kept.groups.set(id, groupOf(group))
  for (const [id, { version, alertId }] of known) if (/^[0-9a-f]{32}$/.test(id)) kept.known.set(id, { version, alertId })
  for (const one of pending) {
    const severity = groups.get(one.alertId)?.alert.severity ?? 'medium'
    kept.pending.push({ ...one, line: one.alertId, body: deflateRawSync(one.body), severity, spare: undefined })
  }
  for (const alert of closed) kept.closed.set(alert.alert_id, alertOf(alert, alert.finding_ids.length))
  kept.deliveries.push(...deliveries)
  return kept
}
