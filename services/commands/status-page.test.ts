import fc from 'fast-check'
import picocolors from 'picocolors'
import { describe, expect, it } from 'vitest'
import type { FullStatus, StatusWithoutTables } from '../api/status.ts'
import { bytes, duration } from './amounts.ts'
import { bytesPage } from './bytes-page.ts'
import { statusPage } from './status-page.ts'
import { tableLines } from './terminal-table.ts'

const plain = picocolors.createColors(false)
const colourful = picocolors.createColors(true)
/** What a terminal obeys, and what turns text around. */
const DANGEROUS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/

const status = (change: Partial<FullStatus> = {}): FullStatus => ({
  healthy: true, problems: [], at: '2026-11-21T08:00:00.000Z', uptime_seconds: 93_784, versions: { watchkeeper: '0.1.0', node: '20.20.2', clickhouse: '26.7.2.1' },
  throughput: { stored_per_second: 1234.5, findings_last_minute: 2 },
  lag: [{ topic: 'events', group: 'archiver', lag: 12, partitions: 4 }, { topic: 'quarantine-actions', group: 'worker-interactions', lag: 0, partitions: 4 }],
  sources: [{ tenant: 'default', source: 'files-mcp', events: 1_234_567, last_received_at: '2026-11-21T07:00:00.000Z', silent_seconds: 3_600 }],
  disk: { directory: 'data', free_bytes: 1.5e10, total_bytes: 1e12, log_bytes: 2e9, log_max_bytes: 2.1e10, tables_bytes: 5e8 },
  tables: [{ table: 'audit_events', rows: 1_234_567, bytes: 5e8, parts: 12 }], merges: 1, alerts: { unacknowledged: 3, oldest_unacknowledged_at: '2026-11-20T08:00:00.000Z' },
  quarantine: [{ reason: 'undecodable_record', waiting: 2, replayed: 1, discarded: 0 }],
  conservation: { verdict: 'adds up', missing: 0, minutes: 0, in_flight: 7, settled_until: '2026-11-21T07:58:00.000Z' },
  proof: { log: 'log.example/log', size: 1_200, signed_at: '2026-11-21T07:59:50.000Z', late: false, anchors: [{ anchor: 'disk', kind: 'file', size: 1_200, anchored_at: '2026-11-21T07:59:55.000Z', trouble: '' }] }, ...change,
})

describe('status page', () => {
  it('says first whether all is well, then what to do, then the figures', () => {
    const page = statusPage(status({ healthy: false, problems: ['archiver is 9000 envelopes behind on events: look for its errors in the log'] }), { width: 120, colors: plain, most: 20 })
    expect(page.slice(0, 6)).toEqual([
      'Watchkeeper is degraded: 1 problem.', '- archiver is 9000 envelopes behind on events: look for its errors in the log', '',
      'up       1 d 2 h', 'stored   1234.5 events/s in the last minute; 2 findings', 'records  add up until 2026-11-21 07:58 UTC; 7 in flight',
    ])
    expect(page).toContain('alerts   3 open, the oldest for 1 d')
    expect(page).toContain('archiver             events                  12           4')
    expect(page).toContain('files-mcp  default  1 234 567  2026-11-21 07:00:00         1 h')
    expect(page).toContain('undecodable_record        2         1          0')
  })

  it('is no wider than the terminal, and nothing in it is obeyed, whatever the names are', () => {
    const name = fc.string({ unit: 'binary', maxLength: 200 })
    fc.assert(fc.property(name, name, fc.constantFrom(60, 80, 120), (source, problem, width) => {
      const page = statusPage(status({
        problems: [problem], sources: [{ tenant: source, source, events: 1, last_received_at: '2026-11-21T07:00:00.000Z', silent_seconds: 1 }],
      }), { width, colors: plain, most: 20 })
      for (const line of page) expect(DANGEROUS.test(line)).toBe(false)
      // A problem's word that is longer than the line stays whole.
      for (const line of page.slice(page.indexOf('Sources'))) expect(line.length).toBeLessThanOrEqual(width)
    }))
  })

  it('has colours only where they are asked for', () => {
    expect(statusPage(status(), { width: 80, colors: plain, most: 20 }).join('')).not.toContain('\u001b')
    expect(statusPage(status(), { width: 80, colors: colourful, most: 20 }).join('')).toContain('\u001b[32m')
  })

  it('shows what a process knows that reaches no tables, and says why the rest is not there', () => {
    const own: StatusWithoutTables = {
      healthy: true, problems: [], at: '2026-11-21T08:00:00.000Z', uptime_seconds: 60, versions: { watchkeeper: '0.1.0' }, lag: status().lag,
      disk: { directory: 'data', free_bytes: 1.5e10, total_bytes: 1e12, log_bytes: 0, log_max_bytes: 0 },
      not_known: 'This process (collector) reaches no tables:\u001b[2J the archiver does. Ask that one with --api HOST:PORT.',
    }
    expect(statusPage(own, { width: 80, colors: plain, most: 20 })).toEqual([
      'Watchkeeper is healthy.', '', 'up       1 min', 'disk     15.0 GB free of 1.0 TB', 'versions watchkeeper 0.1.0',
      'tables   This process (collector) reaches no tables:\\u001b[2J the archiver does.', '         Ask that one with --api HOST:PORT.',
      '', 'Lag', expect.stringMatching(/^group/), expect.stringMatching(/^archiver/), expect.stringMatching(/^worker-interactions/),
    ])
  })

  it('counts what it does not show', () => {
    const sources = Array.from({ length: 25 }, (_, i) => ({ tenant: 't', source: `s${i}`, events: 1, last_received_at: '2026-11-21T07:00:00.000Z', silent_seconds: 1 }))
    expect(statusPage(status({ sources }), { width: 80, colors: plain, most: 20 })).toContain('and 5 more: --json shows all')
  })
})

describe('tables', () => {
  it('cut what gives way first, and mark the cut', () => {
    expect(tableLines([{ a: 'x'.repeat(30), b: '1' }], [
      { title: 'a', cell: ({ a }) => a, flexible: true }, { title: 'number', cell: ({ b }) => b, right: true },
    ], 20)).toEqual(['a             number', 'xxxxxxxxxxx…       1'])
  })
})

describe('bytes of a stranger', () => {
  it('are shown escaped where they are text', () => {
    expect(bytesPage(Buffer.from('a\u001b[31m\u202eb\nc'), 100)).toEqual(['a\\u001b[31m\\u202eb', 'c'])
  })

  it('are hex of 78 characters where they are not, and never more than was asked for', () => {
    const lines = bytesPage(Buffer.from([0, 1, 2, ...Buffer.from('plain text\u001b'), 255, 254, 253, 252]), 16)
    expect(lines).toEqual(['00000000  00 01 02 70 6c 61 69 6e  20 74 65 78 74 1b ff fe  ...plain text...', '… 2 more bytes: --json has all of them as base64'])
    expect(lines[0]?.length).toBeLessThanOrEqual(78)
  })

  it('never reach a terminal raw', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 300 }), (data, most) => {
      for (const line of bytesPage(Buffer.from(data), most)) expect(DANGEROUS.test(line.replaceAll('\t', ' '))).toBe(false)
    }))
  })
})

describe('amounts', () => {
  it('are read at a glance', () => {
    expect([bytes(0), bytes(999), bytes(1_500), bytes(2.5e9), bytes(3e18)]).toEqual(['0 B', '999 B', '1.5 kB', '2.5 GB', '3000.0 PB'])
    expect([duration(0), duration(59.9), duration(60), duration(3_661), duration(90_000)]).toEqual(['0 s', '59 s', '1 min', '1 h 1 min', '1 d 1 h'])
  })
})
