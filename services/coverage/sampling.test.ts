import { expect, it } from 'vitest'
import { probabilityOf, shareSaid } from './sampling.ts'

it('reads thresholds as OpenTelemetry writes them: 56 bits, zeros at the end left out', () => {
  expect(probabilityOf('ot=th:0')).toBe(1)
  expect(probabilityOf('ot=th:8')).toBe(0.5)
  expect(probabilityOf('ot=th:c')).toBe(0.25)
  expect(probabilityOf('vendor=x, ot=rv:abcdef;th:e666666666666;k:v')).toBeCloseTo(0.1, 10)
  expect(probabilityOf('ot=p:3;r:5')).toBe(0.125)
  expect(probabilityOf('ot=p:63')).toBe(0)
  for (const none of ['', 'ot=', 'ot=rv:8', 'xot=th:8', 'ot=th:8000000000000000', 'ot=p:64', 'a=ot=th']) expect(probabilityOf(none), none).toBeUndefined()
})

it('reads shares and rates', () => {
  expect(shareSaid('SampleRate', '20')).toBe(0.05)
  expect(shareSaid('SampleRate', '1')).toBe(1)
  expect(shareSaid('sample_rate', '0.25')).toBe(0.25)
  expect(shareSaid('sampling.probability', '0.1')).toBe(0.1)
  for (const none of ['', ' ', 'x', '-1', 'NaN', '7']) expect(shareSaid('sampling.probability', none), none).toBeUndefined()
})
