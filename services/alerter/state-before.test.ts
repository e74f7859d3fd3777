import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { Alert } from '../../schemas/alert.ts'
import { exampleFinding } from '../../schemas/finding.ts'
import { idOf, Scene, SECOND, T0 } from '../../test/flow/alerter-scene.ts'
import { bodyOf } from './queue.ts'
import { decodeState, encodeState, STATE_VERSION } from './state-codec.ts'

/** What version 1 wrote: an open alert that was told, one that waits, and a message on its way. */
function before(): Buffer {
  const member = { ...exampleFinding, finding_id: idOf(1), evidence_ids: ['e'] }
  const alert = {
    alert_id: idOf(10), version: 2, tenant: 'default', status: 'open', severity: 'high', group_key: 'actor:ci|unexpected-command', title: 'old', detectors: ['unexpected-command'], actor: 'ci',
    actor_kind: 'client', principal: '', client: 'ci', server: 'files', tool: 'run', trace_id: '', conversation: '', finding_ids: [idOf(1)], interaction_ids: [], evidence_ids: ['e'], reasons: ['r'],
    first_seen: T0, last_seen: T0, sql: '', created_at: T0, updated_at: T0,
  }
  const group = (id: number, keys: string[], timers: object) => [idOf(id), {
    alert: { ...alert, alert_id: idOf(id) }, keys, members: [member], findings: 1, heardAt: T0, notifyAt: 0n, notifiedAt: 0n, unpublished: false, ...timers,
  }] as const
  return new Packr({ useRecords: true, moreTypes: true, int64AsType: 'bigint' }).pack({
    groups: new Map([
      group(10, ['["default","actor:ci|unexpected-command"]'], { notifiedAt: T0 }),
      group(11, ['["default","lineage:conv"]', '["default","lineage:trace"]'], { notifyAt: T0 + 15n * SECOND, unpublished: true }),
    ]),
    known: new Map([[idOf(1), { version: 3, alertId: idOf(10) }]]),
    pending: [{ messageId: `msg_${idOf(10)}_2`, alertId: idOf(10), alertVersion: 2, tenant: 'default', receiver: 'hook', body: '{"as":"it was"}', madeAt: T0, attempts: 3, nextAt: T0 + SECOND }],
    closed: [{ ...alert, alert_id: idOf(12), status: 'resolved', version: 3 }], deliveries: [],
  })
}

describe('a state of version 1', () => {
  it('goes on as it was: alerts, waits, what is known, and messages with their ids and bodies', () => {
    const scene = new Scene()
    scene.state = decodeState({ version: 1, nextOffset: 42, state: before() })
    expect(scene.state.nextOffset).toBe(42)
    for (const { alert } of scene.state.groups.values()) Alert.parse(alert)
    expect([...scene.state.closed.values()].map((alert) => Alert.parse(alert).status)).toEqual(['resolved'])
    expect(scene.state.pending.map((pending) => [pending.messageId, pending.attempts, bodyOf(pending)])).toEqual([[`msg_${idOf(10)}_2`, 3, '{"as":"it was"}']])
    scene.find(1, { version: 3 })
    expect([...scene.state.groups.values()].map(({ findings }) => findings)).toEqual([1, 1])
    scene.clear().pass(15)
    expect(scene.sent.map(({ type, message }) => [type, 'alert_id' in message.data && message.data.alert_id])).toEqual([['alert.open', idOf(11)]])
    scene.find(2, { trace_id: '', actor: 'ci', detector: 'destructive-burst' }).find(3, { trace_id: 'trace', actor: 'x' })
    expect([2, 3].map((number) => scene.alertOf(number).alert_id)).toEqual([idOf(10), idOf(11)])
  })

  it('is saved in the form of today', async () => {
    const state = decodeState({ version: 1, nextOffset: 42, state: before() })
    expect(decodeState({ version: STATE_VERSION, nextOffset: 42, state: await encodeState(state) })).toEqual(state)
    expect(() => decodeState({ version: 9, nextOffset: 0, state: Buffer.alloc(0) })).toThrow(/version 9/)
  })
})
