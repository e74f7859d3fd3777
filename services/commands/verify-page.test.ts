import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import picocolors from 'picocolors'
import { expect, it } from 'vitest'
import type { Report } from '../verify/verdict.ts'
import { barLine } from './progress-bar.ts'
import { verifyPage } from './verify-page.ts'

const REPORT: Report = {
  verdict: 'tampered', exit_code: 1, integrity: 'tampered', completeness: 'ok', attribution: 'unverifiable', first_bad: { partition: 2, index: 41, detail: 'the row of leaf 41 was changed' },
  source: 'evidence folder e', log: 'log.example', partitions: [{ partition: 2, leaves: 1_200, proved: 1_200, anchored: 900 }], leaves: 1_200, rows: 1_200, unsealed: 0, removed: 0, erased: 0, checkpoints: 12,
  anchors: { given: 2, used: 1, witnessed: 1 }, removals: [], gaps: [{ partition: 0, first: 1, next: 2, detail: 'lost', explained: 'ops: planned' }],
  origins: [{ tenant: 'a', transport: 'otlp/grpc', credential: 'token:gateway', peer: '', rows: 1_200 }], faults: [], notes: ['a note'],
}
const page = (report: Report): string[] => verifyPage(report, picocolors.createColors(false))

it('says what is wrong first, where, and how far it is proved', () => {
  const lines = page(REPORT)
  expect(lines[0]).toBe('The log was altered.')
  expect(lines).toEqual(expect.arrayContaining([
    'integrity      tampered', 'first          partition 2, index 41: the row of leaf 41 was changed', '  partition 2: 1 200 leaves, 1 200 signed, 900 anchored',
    '  1 200 of a by token:gateway (otlp/grpc)', '  gap in partition 0: lost (declared: ops: planned)', 'a note',
  ]))
})

it('is obeyed by no terminal, whatever stands in it', () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  fc.assert(fc.property(text, text, text, (one, two, three) => {
    const lines = page({
      ...REPORT, source: one, log: two, first_bad: { partition: 0, index: 0, detail: three }, origins: [{ tenant: one, transport: two, credential: three, peer: '', rows: 1 }],
      removals: [{ id: one, kind: two, detail: three }], faults: [{ question: 'integrity', kind: one, partition: 0, index: 1, detail: two }], notes: [three],
    })
    expect(lines.every((line) => stripVTControlCharacters(line) === line && !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/.test(line))).toBe(true)
  }))
})

it('shows how far it is', () => {
  expect(barLine({ what: 'rows', done: 500_000, of: 2_000_000 }, 120_000)).toBe(`rows ${'█'.repeat(6)}${'░'.repeat(18)} 25 % 500 000 of 2 000 000, 120 000/s`)
  expect(barLine({ what: 'checkpoints', done: 7, of: 0 }, 0)).toBe('checkpoints 7')
})
