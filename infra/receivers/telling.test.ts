import { describe, expect, it } from 'vitest'
import { composite, criticalCommand, storm } from '../../test/receivers/notices.ts'
import { spanOf } from './amounts.ts'
import { asText } from './as-text.ts'
import { fitted } from './fit.ts'
import { clip, plain, plainLines } from './plain-text.ts'
import { oddness, tellingOf } from './telling.ts'

const withReasons = (more: object, times = 1) =>
  tellingOf({ ...criticalCommand, data: { ...criticalCommand.data, why: Array.from({ length: times }, () => ({ ...criticalCommand.data.why[1]!, ...more })) } })

describe('what a notice says', () => {
  it('says a reason once, and how often it was found', () => {
    expect(withReasons({ title: 'A credential leaves', observed: 'one token', expected: 'none' }, 3).why.map(oddness)).toEqual(['A credential leaves: one token (3 times); expected none'])
    expect(withReasons({ title: 'A credential leaves', observed: '', expected: '' }, 2).why.map(oddness)).toEqual(['A credential leaves (2 times)'])
  })

  it('does not say again what its title says', () => {
    const title = 'ci-bot ran a command on files that runs what it downloads'
    const telling = tellingOf({ ...criticalCommand, data: { ...criticalCommand.data, title } })
    expect(telling.why.map(oddness)[0]).toMatch(/^runs what it downloads; expected commands that read and build/)
  })

  it('calls people by their names', () => {
    expect(withReasons({ title: 'Unusual volume for actor:ana', observed: '90 calls', expected: '' }).why.map(oddness)).toEqual(['Unusual volume for ana: 90 calls'])
  })

  it('says who ended it, and that nobody did where nobody did', () => {
    const over = (status_by: string, verdict: 'true' | 'benign' | 'duplicate' | '') => tellingOf({ ...criticalCommand, type: 'alert.resolved', data: { ...criticalCommand.data, status_by, verdict } }).label
    expect([over('bea', 'true'), over('bea', 'duplicate'), over('bea', ''), over('watchkeeper', '')])
      .toEqual(['Resolved by bea (it was real)', 'Resolved by bea (told already)', 'Resolved by bea', 'Gone quiet'])
  })

  it('counts what there is beside', () => {
    expect(asText(tellingOf(composite))).toContain('- and 2 more')
    expect(asText(tellingOf(storm))).toContain('- and 212 more')
  })

  it('says what there was no room for', () => {
    const small = fitted(tellingOf(criticalCommand), (telling) => (asText(telling).length < 700 ? telling : undefined))
    expect(small.leftOut).toContain('the query')
    expect(small.moreWhy).toBeGreaterThanOrEqual(1)
    expect(small.title).toContain('ci-bot ran a command')
  })
})

describe('plain text', () => {
  it('hides nothing and turns nothing around', () => {
    expect(plain('a\u202egnp.exe\u0000\u001b[31m\r\nb\u200b\ufeff\u{e0041}c \ud800 d\u2028e')).toBe('agnp.exe [31m bc \ufffd d e')
    expect(plain('z\u0301\u0302\u0303\u0304\u0305')).toBe('z\u0301\u0302\u0303')
    expect(plainLines('SELECT 1\r\n  FROM\u202e t\n')).toBe('SELECT 1\n  FROM t')
  })

  it('is cut between characters', () => {
    expect([clip('abcdef', 6), clip('abcdef', 4), clip('ab😀d', 4), clip('', 4)]).toEqual(['abcdef', 'abc…', 'ab…', ''])
  })

  it('says how long', () => {
    const from = '2026-11-21T01:48:44.000Z'
    const to = (minutes: number): string => spanOf(from, new Date(Date.parse(from) + minutes * 60_000).toISOString())
    expect([to(0), to(1), to(59), to(60), to(90), to(24 * 60 * 4)]).toEqual([
      '2026-11-21 01:48 UTC, within a minute', '2026-11-21 01:48 UTC, over 1 minute until 2026-11-21 01:49 UTC', '2026-11-21 01:48 UTC, over 59 minutes until 2026-11-21 02:47 UTC',
      '2026-11-21 01:48 UTC, over 1 hour until 2026-11-21 02:48 UTC', '2026-11-21 01:48 UTC, over 1.5 hours until 2026-11-21 03:18 UTC', '2026-11-21 01:48 UTC, over 4 days until 2026-11-25 01:48 UTC',
    ])
  })
})
