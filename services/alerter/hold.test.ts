import { describe, expect, it } from 'vitest'
import { idOf, Scene, SECOND, silence, T0 } from '../../test/flow/alerter-scene.ts'

const sum = { detector: 'composite-risk', actor: 'ada', part_ids: [idOf(1), idOf(2)], severity: 'high' } as const

describe('inhibition', () => {
  it('silences what a composite is made of, keeps it, and tells it when the composite ends without it', () => {
    const scene = new Scene().find(1, { severity: 'high' }).find(9, sum)
    scene.pass(15)
    expect(scene.sent.map(({ message }) => message.data)).toMatchObject([{ alert_id: scene.alertOf(9).alert_id }])
    expect(scene.alertOf(1)).toMatchObject({ status: 'open', inhibited_by: scene.alertOf(9).alert_id, told_at: 0n })
    expect(scene.events('inhibited')).toMatchObject([{ alert_id: scene.alertOf(1).alert_id, object: scene.alertOf(9).alert_id }])
    scene.order({ order: 'resolve', alert_id: scene.alertOf(9).alert_id, expected_version: 0, why: 'seen', verdict: 'true', duplicate_of: '' })
    scene.clear().pass(1)
    expect(scene.types).toEqual(['hook alert.open'])
    expect(scene.alertOf(1)).toMatchObject({ inhibited_by: '', told_at: scene.now })
  })

  it('goes by the actor for what is less than high, and never holds what is graver than itself', () => {
    const scene = new Scene().find(9, sum).find(3, { actor: 'ada', severity: 'medium', detector: 'unusual-volume' }).find(4, { actor: 'ada', severity: 'high' })
      .find(5, { actor: 'bob', severity: 'medium' }).find(1, { severity: 'critical' }).pass(15)
    const held = (number: number): boolean => scene.alertOf(number).inhibited_by !== ''
    expect([3, 4, 5, 1, 9].map(held)).toEqual([true, false, false, false, false])
    scene.find(6, { actor: 'ada', trace_id: 't3', severity: 'critical', detector: 'unusual-volume' }).pass(0)
    expect(held(3)).toBe(false)
    expect(scene.sent.at(-1)?.message.data).toMatchObject({ alert_id: scene.alertOf(3).alert_id })
  })

  it('does not go by a composite that is silenced itself, or of another tenant', () => {
    const scene = new Scene().find(9, sum).find(8, { ...sum, tenant: 'other', part_ids: [idOf(3)] }).find(1).find(3, { actor: 'eve' })
    scene.order({ order: 'silence', silence: silence({ matchers: [{ field: 'family', operator: 'is', value: 'composite-risk' }] }) })
    scene.pass(15)
    expect([1, 3, 9].map((number) => [scene.alertOf(number).inhibited_by, scene.alertOf(number).silenced_by])).toEqual([['', ''], ['', ''], ['', idOf(0xabc)]])
  })
})

describe('silences', () => {
  it('hold what fits, say so, and end by themselves: what is still open is told then', () => {
    const scene = new Scene()
    const orderId = scene.order({ order: 'silence', silence: silence() })
    scene.find(1).find(2, { detector: 'unusual-volume' }).pass(15)
    expect(scene.sent.map(({ message }) => message.data)).toMatchObject([{ alert_id: scene.alertOf(2).alert_id }])
    expect(scene.alertOf(1).silenced_by).toBe(idOf(0xabc))
    expect(scene.events('silenced').map(({ order_id, alert_id, by, why }) => [order_id, alert_id, by, why])).toEqual([
      [orderId, '', 'ada', 'a move'], ['', scene.alertOf(1).alert_id, 'ada', 'a move'],
    ])
    expect(scene.state.saidSilences).toMatchObject([{ silence_id: idOf(0xabc), version: 1, updated_by: 'ada' }])
    scene.clear().pass(3000)
    expect(scene.types).toEqual([])
    scene.pass(600)
    expect(scene.types).toEqual(['hook alert.open'])
    expect(scene.alertOf(1)).toMatchObject({ silenced_by: '', told_at: scene.now })
    expect(scene.events('unsilenced')).toMatchObject([{ object: idOf(0xabc), by: 'watchkeeper' }])
  })

  it('are about all of their matchers, of one tenant, from their beginning', () => {
    const matchers = [{ field: 'server', operator: 'is', value: 'files' }, { field: 'actor', operator: 'is_not', value: 'root' }] as const
    const scene = new Scene()
    scene.order({ order: 'silence', silence: silence({ matchers, starts_at: T0 + 60n * SECOND }) })
    for (const [number, more] of [[1, {}], [2, { actor: 'root' }], [3, { server: 'mail' }], [4, { tenant: 'other' }]] as const) scene.find(number, { server: 'files', severity: 'medium', ...more })
    scene.pass(59)
    expect([...scene.state.groups.values()].some(({ alert }) => alert.silenced_by !== '')).toBe(false)
    scene.pass(1)
    expect([1, 2, 3, 4].map((number) => scene.alertOf(number).silenced_by !== '')).toEqual([true, false, false, false])
  })

  it('of one detector do not hide what another one says of the same alert', () => {
    const scene = new Scene()
    scene.order({ order: 'silence', silence: silence() })
    scene.find(1, { trace_id: 't' }).pass(15)
    expect([scene.alertOf(1).silenced_by, scene.types]).toEqual([idOf(0xabc), []])
    scene.find(2, { trace_id: 't', detector: 'unusual-volume', severity: 'medium' }).pass(15)
    expect([scene.alertOf(1).silenced_by, scene.types]).toEqual(['', ['hook alert.open']])
  })

  it('can be changed and ended, by their tenant alone, and what makes no sense is refused', () => {
    const scene = new Scene()
    const why = (id: string): string => scene.events('refused').find(({ order_id }) => order_id === id)?.why ?? ''
    scene.order({ order: 'silence', silence: silence() })
    scene.order({ order: 'silence', silence: silence({ reason: 'another', ends_at: T0 + 60n * SECOND }) })
    expect(scene.state.saidSilences.map(({ version, reason }) => [version, reason])).toEqual([[1, 'a move'], [2, 'another']])
    expect(why(scene.order({ order: 'silence', silence: silence({ tenant: 'other' }) }))).toMatch(/another tenant/)
    expect(why(scene.order({ order: 'silence', silence: silence({ ends_at: T0 - 2n * SECOND }) }))).toMatch(/before it begins/)
    expect(why(scene.order({ order: 'silence', silence: silence({ silence_id: idOf(2), ends_at: T0 }) }))).toMatch(/over already/)
    expect(why(scene.order({ order: 'unsilence', silence_id: idOf(0xabc), why: 'x', tenant: 'other' }))).toMatch(/no such/)
    scene.find(1).pass(15)
    expect(scene.types).toEqual([])
    scene.order({ order: 'unsilence', silence_id: idOf(0xabc), why: 'done' })
    scene.pass(0)
    expect(scene.types).toEqual(['hook alert.open'])
    expect(scene.state.saidSilences.at(-1)).toMatchObject({ version: 3, ends_at: scene.now })
    expect(why(scene.order({ order: 'unsilence', silence_id: idOf(0xabc), why: 'again' }))).toMatch(/over already/)
  })

  it('that are over are not kept without end, however many are made and ended', () => {
    const scene = new Scene()
    for (let i = 0; i < 2_500; i++) {
      scene.order({ order: 'silence', silence: silence({ silence_id: idOf(i) }) })
      scene.now += SECOND
      if (i > 0) scene.order({ order: 'unsilence', silence_id: idOf(i), why: 'over' })
    }
    expect(scene.state.silences.size).toBeLessThanOrEqual(2 * scene.rules.maxSilences)
    expect(scene.state.silences.has(idOf(0))).toBe(true)
    expect(scene.state.silences.has(idOf(2_499))).toBe(true)
  })
})
