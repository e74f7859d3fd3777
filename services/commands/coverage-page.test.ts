import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import picocolors from 'picocolors'
import { describe, expect, it } from 'vitest'
import type { Coverage, SourceCoverage } from '../api/coverage.ts'
import { coveragePage } from './coverage-page.ts'

const SOURCE: SourceCoverage = {
  tenant: 'default', source: 'files', emitter: 'fastmcp', scope_version: '', service_version: '1', mapping_version: '2', events: 12, calls: 4, fields: { actor: 1 }, call_fields: { actor: 1 },
  detectors: { 'unusual-volume': 1, 'unexpected-command': 0.25 }, blind_detectors: [], missing: ['unexpected-command:arguments', 'unexpected-command:tool'], switches: ['FastMCP: use a gateway'],
  last_received_at: '2026-11-21T10:00:00.000Z', quiet_seconds: 90, usual_interval_seconds: 60, silent: false, sequence_sessions: 0, sequence_gaps: 0, sampling: [], sampling_probability: null,
  unmapped: ['a', 'b'],
}
const coverageOf = (...sources: readonly SourceCoverage[]): Coverage => ({ complete: false, at: '2026-11-21T10:01:30.000Z', looked_at: '2026-11-21T10:01:00.000Z', sources })
const page = (coverage: Coverage, width = 100): string[] => coveragePage(coverage, { width, colors: picocolors.createColors(false), most: 2 })

describe('page of coverage', () => {
  it('says what is not covered, what a detector can still judge, and what to set', () => {
    const lines = page(coverageOf({ ...SOURCE, silent: true, sequence_sessions: 1, sequence_gaps: 3, sampling: ['tracestate: 25 %'], sampling_probability: 0.25 }))
    expect(lines[0]).toBe('Not everything is covered: of 1 source 1 silent, 1 with lost records, 1 sampled.')
    expect(lines.find((line) => line.startsWith('files 1 (fastmcp)'))).toMatch(/default\s+12\s+4\s+1 min 30 s\s+yes\s+3\s+25 %/)
    expect(lines).toEqual(expect.arrayContaining([
      '  - unexpected-command judges 25 % of the calls: the others lack arguments, tool', '  - says that it sends tracestate: 25 %', '  - not read: a, b', '  > FastMCP: use a gateway']))
  })

  it('says so where all is covered, where nobody has looked, and how many it does not show', () => {
    expect(page({ ...coverageOf({ ...SOURCE, missing: [], switches: [] }), complete: true })).toHaveLength(4)
    expect(page({ ...coverageOf(), looked_at: '' })).toEqual(['Nobody has looked yet: the scheduler does, each minute, where it reaches the tables.'])
    expect(page(coverageOf(SOURCE, SOURCE, SOURCE))).toContain('and 1 more: --json shows all')
  })

  it('is obeyed by no terminal, whatever names it shows', () => {
    const name = fc.string({ unit: 'binary', maxLength: 60 })
    fc.assert(fc.property(name, name, name, fc.array(name, { maxLength: 12 }), (source, tenant, version, unmapped) => {
      const lines = page(coverageOf({ ...SOURCE, source, tenant, service_version: version, unmapped, sampling: [...unmapped] }))
      expect(lines.every((line) => stripVTControlCharacters(line) === line && !/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/.test(line))).toBe(true)
    }))
  })
})
