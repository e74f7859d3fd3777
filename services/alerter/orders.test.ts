import { describe, expect, it } from 'vitest'
import { AlertEvent } from '../../schemas/alert-event.ts'
import type { AlertOrder } from '../../schemas/alert-order.ts'
import { Alert } from '../../schemas/alert.ts'
import { idOf, Scene } from '../../test/flow/alerter-scene.ts'
import { takeOrder } from './orders.ts'

const told = (): Scene => new Scene().find(1, { trace_id: 't' }).pass(15).clear()
const about = (scene: Scene): { readonly alert_id: string; readonly expected_version: number } => ({ alert_id: scene.alertOf(1).alert_id, expected_version: 0 })
const answerTo = (scene: Scene, orderId: string): AlertEvent => AlertEvent.parse(scene.state.events.find(({ order_id }) => order_id === orderId))
const closed = (scene: Scene): Alert => Alert.parse([...scene.state.closed.values()].at(-1))

describe('the life of an alert', () => {
  it('says who did what and why, in one event and a new version each', () => {
    const scene = told()
    const before = scene.alertOf(1).version
    const ids = [
      scene.order({ order: 'acknowledge', ...about(scene), why: 'on it' }), scene.order({ order: 'start', ...about(scene), why: '' }),
      scene.order({ order: 'note', ...about(scene), why: 'asked ada' }),
      scene.order({ order: 'resolve', ...about(scene), why: 'a deploy', verdict: 'benign', duplicate_of: '' }),
    ]
    expect(ids.map((id) => answerTo(scene, id)).map(({ event, from_status, to_status, by, why, verdict, alert_version }) => [event, from_status, to_status, by, why, verdict, alert_version - before])).toEqual([
      ['acknowledged', 'open', 'acknowledged', 'ada', 'on it', '', 1], ['started', 'acknowledged', 'in_progress', 'ada', '', '', 2],
      ['noted', 'in_progress', 'in_progress', 'ada', 'asked ada', '', 3], ['resolved', 'in_progress', 'resolved', 'ada', 'a deploy', 'benign', 4],
    ])
    expect(closed(scene)).toMatchObject({ status: 'resolved', verdict: 'benign', status_by: 'ada', status_why: 'a deploy', status_at: scene.now, version: before + 4 })
    expect(scene.types).toEqual(['hook alert.acknowledged', 'hook alert.resolved'])
    expect(scene.sent[1]?.message.data).toMatchObject({ status: 'resolved', verdict: 'benign', status_by: 'ada', status_why: 'a deploy' })
  })

  it('tells what became of it only to those who were told, and who want to hear', () => {
    const receivers = [{ name: 'quiet', messagesPerHour: 60, sendResolved: false }]
    const scene = new Scene({ receivers, routes: [{ name: 'r', severityFrom: 'critical', receivers: ['late'], continue: true }, { name: 's', receivers: ['hook', 'quiet'], continue: false }] }, ['hook', 'quiet', 'late'])
    scene.find(1).pass(15)
    scene.order({ order: 'resolve', ...about(scene), why: 'x', verdict: 'true', duplicate_of: '' })
    expect(scene.types).toEqual(['hook alert.open', 'quiet alert.open', 'hook alert.resolved'])
    const early = new Scene().find(1)
    early.order({ order: 'acknowledge', ...about(early), why: '' })
    early.pass(3600)
    expect(early.types).toEqual([])
  })

  it('is not repeated to people while somebody has it, unless it becomes graver', () => {
    const scene = told()
    scene.order({ order: 'acknowledge', ...about(scene), why: '' })
    scene.clear().find(2, { trace_id: 't', title: 'another', detector: 'unusual-volume' }).pass(3600)
    expect(scene.types).toEqual([])
    scene.find(3, { trace_id: 't', severity: 'critical' }).pass(0)
    expect(scene.types).toEqual(['hook alert.updated'])
    expect(scene.alertOf(1).status).toBe('acknowledged')
  })

  it.each(['acknowledge', 'resolve'] as const)('tells first what became critical just before it, unseen: %s', (order) => {
    const scene = told().find(2, { trace_id: 't', severity: 'critical' })
    scene.order({ ...about(scene), why: 'seen as high', ...(order === 'resolve' ? { order, verdict: 'benign', duplicate_of: '' } : { order }) })
    scene.pass(0)
    expect(scene.types).toEqual(['hook alert.updated', `hook alert.${order}d`])
    expect(scene.sent[0]?.message.data.severity).toBe('critical')
  })

  it.each([['acknowledge', 1], ['start', 7]] as const)('ends by itself when quiet, after %s %s times as late', (order, times) => {
    const scene = told()
    scene.order({ order, ...about(scene), why: '' })
    scene.pass(times * 86_400 - 60)
    expect(scene.state.groups.size).toBe(1)
    scene.pass(120)
    expect(scene.state.groups.size).toBe(0)
  })
})

describe('a resolved alert', () => {
  const resolved = (verdict: 'true' | 'benign' | 'duplicate'): Scene => {
    const scene = told()
    scene.order({ order: 'resolve', ...about(scene), why: 'x', verdict, duplicate_of: '' })
    return scene.clear()
  }

  it.each(['benign', 'duplicate'] as const)('that was %s stays quiet for more of the same, and counts it', (verdict) => {
    const scene = resolved(verdict).find(2, { trace_id: 't' }).pass(3600)
    expect(scene.types).toEqual([])
    expect(closed(scene)).toMatchObject({ status: 'resolved', verdict, findings: 2, reopened: 0 })
    scene.find(3, { trace_id: 't', severity: 'critical' }).pass(0)
    expect(scene.types).toEqual(['hook alert.reopened'])
    expect(scene.alertOf(3)).toMatchObject({ status: 'open', verdict: '', findings: 3, reopened: 1 })
  })

  it('is opened again by another detector, or where it was true', () => {
    expect(resolved('benign').find(2, { trace_id: 't', detector: 'unusual-volume' }).pass(15).types).toEqual(['hook alert.reopened'])
    const scene = resolved('true').find(2, { trace_id: 't' }).pass(15)
    expect(scene.types).toEqual(['hook alert.reopened'])
    expect(scene.events('reopened')).toMatchObject([{ by: 'watchkeeper', from_status: 'resolved', to_status: 'open', object: idOf(2) }])
  })

  it('is opened again by a person, and who heard that it was over hears that', () => {
    const scene = resolved('true')
    const { alert_id } = closed(scene)
    const id = scene.order({ order: 'reopen', alert_id, expected_version: 0, why: 'too early' })
    expect(answerTo(scene, id)).toMatchObject({ event: 'reopened', by: 'ada', why: 'too early' })
    expect(scene.types).toEqual(['hook alert.reopened'])
    scene.pass(15)
    expect(scene.types).toHaveLength(1)
  })

  it('may be judged anew, and takes notes', () => {
    const scene = resolved('true')
    const { alert_id } = closed(scene)
    scene.order({ order: 'resolve', alert_id, expected_version: 0, why: 'no, a test', verdict: 'duplicate', duplicate_of: idOf(7) })
    scene.order({ order: 'note', alert_id, expected_version: 0, why: 'a note' })
    expect(closed(scene)).toMatchObject({ status: 'resolved', verdict: 'duplicate', duplicate_of: idOf(7) })
    expect(scene.types).toEqual([])
  })

  it('takes a graver version of what it holds for news', () => {
    const scene = resolved('benign').find(1, { trace_id: 't', version: 2, severity: 'critical' }).pass(0)
    expect(scene.types).toEqual(['hook alert.reopened'])
  })
})

describe('orders', () => {
  it('are carried out once, however often they come', () => {
    const scene = told()
    for (let i = 0; i < 3; i++) scene.order({ order: 'acknowledge', ...about(scene), why: '', order_id: idOf(77) })
    expect(scene.state.events.filter(({ order_id }) => order_id === idOf(77))).toHaveLength(1)
  })

  it('are refused with the reason, and change nothing', () => {
    const scene = told()
    const { alert_id, version } = scene.alertOf(1)
    const refused = (words: Parameters<Scene['order']>[0]): string => {
      const event = answerTo(scene, scene.order(words))
      expect(event.event).toBe('refused')
      return event.why
    }
    const on = { alert_id, why: 'x' }
    expect(refused({ order: 'acknowledge', ...on, expected_version: version - 1 })).toBe(`The alert has version ${version} by now, not ${version - 1}.`)
    expect(refused({ order: 'acknowledge', ...on, expected_version: 0, tenant: 'other' })).toMatch(/no such alert/)
    expect(refused({ order: 'note', ...on, alert_id: idOf(9), expected_version: 0 })).toMatch(/no such alert/)
    expect(refused({ order: 'reopen', ...on, expected_version: 0 })).toMatch(/not resolved/)
    expect(refused({ order: 'resolve', ...on, expected_version: 0, verdict: 'duplicate', duplicate_of: alert_id })).toMatch(/itself/)
    expect(refused({ order: 'redeliver', message_id: 'm', receiver: 'hook', why: '' })).toMatch(/no such message/)
    expect(scene.alertOf(1).version).toBe(version)
    scene.order({ order: 'acknowledge', ...on, expected_version: version })
    expect(refused({ order: 'acknowledge', ...on, expected_version: 0 })).toBe('The alert is acknowledged already, by ada.')
    scene.order({ order: 'resolve', ...on, expected_version: 0, verdict: 'true', duplicate_of: '' })
    expect(refused({ order: 'start', ...on, expected_version: 0 })).toMatch(/is resolved/)
  })

  it('that cannot be read are refused, too', () => {
    const scene = told()
    takeOrder(scene.round, { order: 'explode', order_id: idOf(5), tenant: 'default', by: 'ada', at: 0n } as unknown as AlertOrder)
    expect(answerTo(scene, idOf(5))).toMatchObject({ event: 'refused', why: expect.stringMatching(/cannot read/) })
  })
})
