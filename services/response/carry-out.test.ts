import { describe, expect, it } from 'vitest'
import type { ResponseOrder } from '../../schemas/response-action.ts'
import { expire, nextDue, settle, takeOrder, type Turn } from './carry-out.ts'
import { decodeState, emptyState, encodeState } from './state.ts'

const SECOND = 1_000_000_000n
const DAY = 86_400n * SECOND
const START = 1_770_000_000n * SECOND
const hex = (n: number): string => n.toString(16).padStart(32, '0')
const hooks: Turn['hooks'] = new Map([
  ['revoke_token', { name: 'revoke_token', approval: true, mostPerHour: 2 }], ['page_owner', { name: 'page_owner', approval: false, mostPerHour: 3 }],
])
type Request = Extract<ResponseOrder, { order: 'request' }>
const request = (n: number, change: Partial<Request> = {}): ResponseOrder => ({
  order: 'request', order_id: hex(n), action_id: hex(n), tenant: 'acme', alert_id: hex(900), alert_version: 3, hook: 'revoke_token', request: '{"alert":{},"target":{"principal":"ann"}}',
  why: 'stolen', by: 'bob via desk', token: 'desk', at: START, ...change,
})
const decision = (order: 'approve' | 'reject', n: number, change: Partial<Extract<ResponseOrder, { order: 'approve' }>> = {}): ResponseOrder =>
  ({ order, order_id: hex(500 + n), action_id: hex(n), tenant: 'acme', by: 'eve via lead', token: 'lead', at: START, why: '', ...change })

function rig(now = START) {
  const state = emptyState()
  const sending = new Set<string>()
  const turn = (at = now): Turn => ({ state, hooks, now: at, lasts: DAY, isSending: (id) => sending.has(id) })
  return { state, sending, turn, of: (n: number) => state.actions.get(hex(n)), refusals: () => state.unsaidEvents.filter(({ event }) => event === 'refused').map(({ why }) => why) }
}

describe('an action', () => {
  it('waits for another token, then goes on its way once, and says who', () => {
    const { state, turn, of, refusals } = rig()
    takeOrder(turn(), request(1))
    expect(of(1)).toMatchObject({ state: 'waiting', version: 1, requested_by: 'bob via desk', body: '' })
    expect(state.dueAt.size).toBe(0)
    takeOrder(turn(), decision('approve', 1, { order_id: hex(700), by: 'mallory via desk', token: 'desk' }))
    expect(refusals()).toEqual(['Another token must approve it than the one that it was asked for with.'])
    expect(of(1)?.state).toBe('waiting')
    takeOrder(turn(), decision('approve', 1))
    takeOrder(turn(), decision('approve', 1))
    takeOrder(turn(), decision('reject', 1, { order_id: hex(701) }))
    expect(refusals().at(-1)).toBe('The action is approved already.')
    expect(of(1)).toMatchObject({ state: 'approved', version: 2, decided_by: 'eve via lead' })
    expect(JSON.parse(of(1)?.body ?? '')).toEqual({
      type: 'response.revoke_token', timestamp: '2026-02-02T02:40:00.000Z',
      data: { action_id: hex(1), hook: 'revoke_token', tenant: 'acme', requested_by: 'bob via desk', approved_by: 'eve via lead', why: 'stolen', alert: {}, target: { principal: 'ann' } },
    })
    expect([...state.dueAt]).toEqual([[hex(1), START]])
    settle(turn(), hex(1), { status: 204, text: '', retryAfterSeconds: undefined })
    expect(of(1)).toMatchObject({ state: 'done', attempts: 1, status: 204 })
    expect([state.dueAt.size, nextDue(state, DAY)]).toEqual([0, undefined])
    expect(state.unsaidEvents.map(({ event, by, alert_id, object }) => [event, by, alert_id, object])).toEqual([
      ['responded', 'bob via desk', hex(900), hex(1)], ['refused', 'mallory via desk', hex(900), hex(1)], ['responded', 'eve via lead', hex(900), hex(1)],
      ['refused', 'eve via lead', hex(900), hex(1)], ['responded', 'watchkeeper', hex(900), hex(1)],
    ])
    expect(new Set(state.unsaidEvents.map(({ event_id: id }) => id)).size).toBe(5)
  })

  it('is not touched by another tenant, which does not learn that it is there', () => {
    const { state, turn, of, refusals } = rig()
    takeOrder(turn(), request(1))
    takeOrder(turn(), decision('approve', 1, { tenant: 'other' }))
    expect(of(1)?.state).toBe('waiting')
    expect(refusals()).toEqual(['There is no such action.'])
    expect(state.unsaidEvents.at(-1)).toMatchObject({ tenant: 'other', alert_id: '' })
  })

  it('needs no approval where its hook asks for none, and no more than so many go out in an hour', () => {
    const { turn, of, refusals } = rig()
    for (const n of [1, 2, 3, 4]) takeOrder(turn(), request(n, { hook: 'page_owner' }))
    expect([1, 2, 3, 4].map((n) => of(n)?.state)).toEqual(['approved', 'approved', 'approved', undefined])
    expect(refusals()).toEqual([expect.stringContaining('takes 3 actions an hour')])
    takeOrder(turn(START + 3_601n * SECOND), request(5, { hook: 'page_owner' }))
    expect(of(5)?.state).toBe('approved')
    takeOrder(turn(), request(6, { hook: 'unknown' }))
    expect(refusals().at(-1)).toBe('There is no hook unknown.')
  })

  it('is tried again with the same body while the hook is away, and given up at last; a clear no is a no', () => {
    const { state, turn, of } = rig()
    takeOrder(turn(), request(1, { hook: 'page_owner' }))
    const body = of(1)?.body
    const waits: number[] = []
    let now = START
    for (let attempt = 1; of(1)?.state === 'approved'; attempt++) {
      settle(turn(now), hex(1), { status: 503, text: 'busy', retryAfterSeconds: attempt === 1 ? 30 : undefined })
      const due = state.dueAt.get(hex(1))
      if (due !== undefined) waits.push(Number((due - now) / SECOND))
      now = due ?? now
      expect(of(1)?.body).toBe(body)
    }
    expect(waits).toEqual([30, 10, 60, 300, 900])
    expect(of(1)).toMatchObject({ state: 'failed', attempts: 6, status: 503, answer: 'busy' })
    takeOrder(turn(), request(2, { hook: 'page_owner' }))
    settle(turn(), hex(2), { status: 403, text: 'no', retryAfterSeconds: undefined })
    expect(of(2)).toMatchObject({ state: 'failed', attempts: 1 })
  })

  it('expires after a day without approval', () => {
    const { state, turn, of, refusals } = rig()
    takeOrder(turn(), request(1))
    expect(nextDue(state, DAY)).toBe(START + DAY)
    const late = turn(START + DAY)
    expire(late)
    expect(of(1)?.state).toBe('expired')
    takeOrder(late, decision('approve', 1, { at: START + DAY }))
    expect(refusals()).toEqual(['The action is expired already.'])
  })

  it('is not done when its hook was not reached within a day of its approval, unless a message is on its way', () => {
    const { state, sending, turn, of } = rig()
    takeOrder(turn(), request(1))
    takeOrder(turn(START + 10n * SECOND), decision('approve', 1))
    takeOrder(turn(), request(2, { hook: 'page_owner' }))
    sending.add(hex(2))
    expire(turn(START + DAY))
    expect([of(1)?.state, of(2)?.state]).toEqual(['approved', 'approved'])
    expire(turn(START + DAY + 10n * SECOND))
    expect([of(1)?.state, of(2)?.state, [...state.dueAt.keys()]]).toEqual(['expired', 'approved', [hex(2)]])
    expect(state.unsaidEvents.at(-1)).toMatchObject({ event: 'responded', why: 'revoke_token was not reached within 24 h' })
    settle(turn(START + DAY + 11n * SECOND), hex(2), { status: 204, text: '', retryAfterSeconds: undefined })
    expect(of(2)?.state).toBe('done')
  })

  it('is not begun by an order that lay on the bus for longer than a day', () => {
    const { turn, of, refusals } = rig(START + DAY)
    takeOrder(turn(), request(1, { hook: 'page_owner' }))
    takeOrder(turn(START + DAY - 1n), request(2))
    takeOrder(turn(), decision('approve', 2))
    expect([of(1), of(2)?.state, refusals()]).toEqual([undefined, 'waiting', Array.from({ length: 2 }, () => 'It was not carried out within 24 h: ask again.')])
    takeOrder(turn(), decision('reject', 2, { order_id: hex(702) }))
    expect(of(2)?.state).toBe('rejected')
  })

  it('survives the disk as it is', () => {
    const { state, turn } = rig()
    takeOrder(turn(), request(1, { hook: 'page_owner' }))
    expect(decodeState(encodeState(state), 0)).toEqual(state)
  })
})
