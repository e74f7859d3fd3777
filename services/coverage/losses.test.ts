import { expect, it } from 'vitest'
import { type Line, lossesOf, remembered, statesOf } from './losses.ts'

const line = (fields: Partial<Line> = {}): Line => ({
  tenant: 't', source: 's', emitter: 'e', scope_version: '', service_version: '1', mapping_version: '1', version: 1, last_received_at: 10n, usual_interval_seconds: 60, silent: false,
  sequence_sessions: 0, sequence_gaps: 0, sampling_probability: Number.NaN, ...fields,
})
const kinds = (before: readonly Line[], now: readonly Line[], archived = true): readonly string[] => lossesOf(statesOf(before), statesOf(now), archived).map(({ loss }) => loss.kind)

it('is silent with the version that sent last, by its latest word', () => {
  const replaced = [line({ silent: true }), line({ service_version: '2', last_received_at: 20n })]
  expect(kinds([line()], replaced)).toEqual([])
  expect(kinds([line()], [line(), line({ version: 2, silent: true })])).toEqual(['silent'])
  expect(kinds([line({ silent: true })], [line({ silent: true })])).toEqual([])
})

it('judges a silence later where not all is archived, and forgets none that it told', () => {
  const now = statesOf([line({ silent: true })])
  const later = remembered(statesOf([line()]), now, false)
  expect(lossesOf(statesOf([line()]), now, false)).toEqual([])
  expect(lossesOf(later, now, true)).toHaveLength(1)
  expect(lossesOf(remembered(now, now, false), now, true)).toEqual([])
})

it('takes gaps once until there are none, and only shares that are smaller than ever', () => {
  expect(kinds([], [line({ sequence_gaps: 2 })])).toEqual(['gaps'])
  expect(kinds([line({ sequence_gaps: 2 })], [line({ sequence_gaps: 3 })])).toEqual([])
  expect(kinds([], [line({ sampling_probability: 0.1 })])).toEqual([])
  expect(kinds([line()], [line({ sampling_probability: 0.5 })])).toEqual(['sampled'])
  const low = remembered(statesOf([line({ sampling_probability: 0.1 })]), statesOf([line({ sampling_probability: 1 })]), true)
  expect(lossesOf(low, statesOf([line({ sampling_probability: 0.1 })]), true)).toEqual([])
})

it('keeps tenants apart, whatever their sources are called', () => {
  const odd = '","t'
  expect(kinds([line({ silent: true, source: odd })], [line({ silent: true, tenant: odd, source: 's' })])).toEqual(['silent'])
})
