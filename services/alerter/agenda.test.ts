import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Agenda } from './agenda.ts'

it('gives what is due, in order and once, whatever was noted before', () => {
  const step = fc.oneof(
    fc.record({ set: fc.integer({ min: 0, max: 30 }), at: fc.integer({ min: 0, max: 50 }) }), fc.record({ drop: fc.integer({ min: 0, max: 30 }) }), fc.record({ now: fc.integer({ min: 0, max: 50 }) }),
  )
  fc.assert(fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
    const [agenda, model] = [new Agenda(), new Map<string, bigint>()]
    for (const one of steps) {
      if ('set' in one) {
        agenda.set(String(one.set), BigInt(one.at))
        model.set(String(one.set), BigInt(one.at))
      } else if ('drop' in one) {
        agenda.delete(String(one.drop))
        model.delete(String(one.drop))
      } else {
        const due = [...model].filter(([, at]) => at <= BigInt(one.now))
        const given = agenda.due(BigInt(one.now))
        expect(given.toSorted()).toEqual(due.map(([id]) => id).toSorted())
        expect(given.map((id) => model.get(id))).toEqual(due.map(([, at]) => at).toSorted((a, b) => Number(a - b)))
        for (const [id] of due) model.delete(id)
      }
      const times = [...model.values()]
      expect(agenda.next).toBe(times.length === 0 ? undefined : times.reduce((a, b) => (b < a ? b : a)))
    }
  }))
})
