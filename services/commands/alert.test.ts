import { expect, it } from 'vitest'
import { alertPage } from './alert.ts'

type Shown = Parameters<typeof alertPage>[0]
const alert = (actor: string, actor_kind: string): Shown => ({
  alert_id: 'a'.repeat(32), version: 1, tenant: 'default', title: 'Something', status: 'open', status_at: '', status_by: '', status_why: '', verdict: '', duplicate_of: '', severity: 'high',
  actor, actor_kind, server: '', tool: '', detectors: ['scan'], lineage: '', first_seen: '2026-11-21T08:00:00Z', last_seen: '2026-11-21T08:00:00Z', silenced_by: '', inhibited_by: '',
  reasons: [], events: [], deliveries: [], sql: 'SELECT 1',
}) as unknown as Shown

it.each([['', 'unknown', undefined], ['somebody', 'unknown', 'somebody'], ['ann', 'principal', 'ann (principal)']])('tells of actor %j (%s) what is known', (actor, kind, told) => {
  expect(alertPage(alert(actor, kind)).find((line) => line.startsWith('actor'))).toBe(told === undefined ? undefined : `actor         ${told}`)
})
