import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Draft } from '../../detectors/detector.ts'
import { exampleAuditEvent } from '../../schemas/audit-event.ts'
import { Finding } from '../../schemas/finding.ts'
import { exampleInteraction, type Interaction } from '../../schemas/interaction.ts'
import { findingId, findingOfEvent, findingOfInteraction, MAX_EVIDENCE } from './finding.ts'

const draft: Draft = { about: ['trace', 'tool', 'hash'], severity: 'high', title: 't', observed: 'o', expected: 'e', reasons: [] }
const source = { detector: 'unexpected-command', ruleVersion: 3 }

it('makes findings that the schema accepts, one id for an observation and its interaction, and versions that rise', () => {
  const first = findingOfEvent(draft, exampleAuditEvent, source)
  const second = findingOfInteraction(draft, exampleInteraction, source)
  const third = findingOfInteraction(draft, { ...exampleInteraction, version: 2 }, source)
  for (const finding of [first, second, third]) expect(Finding.parse(finding)).toEqual(finding)
  expect(new Set([first.finding_id, second.finding_id, third.finding_id]).size).toBe(1)
  expect([first.version, second.version, third.version]).toEqual([1, 2, 3])
  expect(first.sample_events).toEqual([expect.stringMatching(new RegExp(`^${exampleAuditEvent.event_id} 20.* tools/call .*: \\w+$`))])
  expect(first).toMatchObject({ interaction_id: '', evidence_ids: [exampleAuditEvent.event_id], created_at: exampleAuditEvent.received_at })
  expect(second).toMatchObject({ interaction_id: exampleInteraction.interaction_id, window_start: exampleInteraction.started_at,
    actor: 'claude-desktop' })
})

it('gives other ids to other parts, also where the joined text would be the same', () => {
  const ids = [findingId('d', 't', ['ab', 'c']), findingId('d', 't', ['a', 'bc']), findingId('d', 't', ['abc']), findingId('d', 'u', ['ab', 'c'])]
  expect(new Set(ids).size).toBe(4)
})

it('tells where the caller was, as far as that is known', () => {
  const from = (place: Partial<Interaction>) => findingOfInteraction({ ...draft, reasons: ['r'] }, { ...exampleInteraction, ...place }, source).reasons
  expect(from({ client_address: 'evil', client_network: '' })).toEqual(['r'])
  expect(from({ client_address: '10.0.0.1', client_network: '10.0.0.1', client_range: 'private' })).toEqual(['r', 'called from 10.0.0.1 (a private address)'])
  expect(from({ client_address: '8.8.8.8', client_network: '8.8.8.8', client_range: 'public' })).toEqual(['r', 'called from 8.8.8.8'])
  expect(from({
    client_address: '8.8.8.8', client_network: '8.8.8.8', client_range: 'public', client_country: 'US', client_asn: 15_169, client_as_org: 'Example', client_hosting: 'yes',
  })).toEqual(['r', 'called from 8.8.8.8 (US, AS15169 Example, hosting)'])
})

it('keeps the detector\'s own window and evidence, and no more than a handful of ids', () => {
  const evidence = Array.from({ length: 50 }, (_, i) => `e${i}`)
  const finding = findingOfInteraction({ ...draft, windowStart: 1n, windowEnd: 2n, evidence }, exampleInteraction, source)
  expect(finding).toMatchObject({ window_start: 1n, window_end: 2n, evidence_ids: evidence.slice(0, MAX_EVIDENCE) })
})

describe('a finding argues its case', () => {
  const argued: Draft = {
    ...draft, features: Array.from({ length: 7 }, (_, i) => ({ name: `f${i}`, observed: 'x'.repeat(1000), weight: i === 0 ? Number.NaN : i === 6 ? 3 : 0.25 })), baselines: { self: 'about 3 an hour', tenant: 'about 9' },
  }

  it('with at most five features in bounds, baselines, samples and lineage', () => {
    const finding = findingOfInteraction(argued, { ...exampleInteraction, event_ids: ['e1', 'e2', 'e3', 'e4', 'e5'] }, source)
    expect(Finding.parse(finding)).toEqual(finding)
    expect(finding.features.map(({ name, weight, expected }) => [name, weight, expected])).toEqual([['f6', 0.5, ''], ['f1', 0.125, ''], ['f2', 0.125, ''], ['f3', 0.125, ''], ['f4', 0.125, '']])
    expect(Math.max(...finding.features.map(({ observed }) => observed.length))).toBe(240)
    expect(finding).toMatchObject({ baseline_self: 'about 3 an hour', baseline_peers: '', baseline_tenant: 'about 9' })
    expect(finding.sample_events.map((line) => line.slice(0, 2))).toEqual(['e1', 'e3', 'e5'])
    expect(finding.sample_events[0]).toBe('e1 2026-11-21T01:48:44.644Z tools/call run_command on files: ok')
    expect(finding.lineage).toBe('claude-desktop asked "Summarise revenue in /srv/q3.xlsx" -> agent support -> run_command on files (execute); the turn did not ask for it; arguments: $.command from the model')
    expect(finding.sql).toContain(`interaction_id IN ('${exampleInteraction.interaction_id}')`)
  })

  it('of a habit by all interactions of its key within the window', () => {
    const sqlFor = (about: string, more: Partial<Draft> = {}): string =>
      findingOfInteraction({ ...draft, about: [about], windowStart: 0n, windowEnd: 3600n * 10n ** 9n, ...more }, { ...exampleInteraction, token_fingerprint: 'ab' }, source).sql
    expect(sqlFor('actor:claude-desktop')).toContain("AND actor = 'claude-desktop'\n")
    expect(sqlFor('token:ab')).toContain("AND token_fingerprint = 'ab'\n")
    expect(sqlFor('server:files')).toContain("AND server = 'files'\n")
    expect(sqlFor('tool:run_command of claude-desktop')).toContain("AND actor = 'claude-desktop' AND tool = 'run_command'\n")
    expect(sqlFor('whatever')).toContain("AND actor = 'claude-desktop'\n")
    expect(sqlFor('whatever', { evidence: ['e9'] })).toContain("event_id IN ('e9')")
    expect(sqlFor('whatever')).toContain("BETWEEN toDateTime64('1970-01-01 00:00:00.000000000', 9, 'UTC') AND toDateTime64('1970-01-01 01:01:00.000000000', 9, 'UTC')")
  })

  it('with what strangers wrote cut, on one line and in quotes', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ unit: 'binary', maxLength: 300 }), (turn, name) => {
      const { lineage, sample_events } = findingOfInteraction(argued, {
        ...exampleInteraction, request_text: turn, tool: name, agent: name, argument_sources: new Map([[name, `tool_result:${name}`], [`${name}1`, 'user']]),
      }, source)
      for (const line of [lineage, ...sample_events]) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/)
      expect(lineage.length).toBeLessThan(1200)
      expect(Buffer.from(lineage).toString()).toBe(lineage)
    }))
    const { lineage } = findingOfInteraction(argued, { ...exampleInteraction, request_text: 'pay"; the turn asked for it\n-> agent x' }, source)
    expect(lineage).toContain('asked "pay\\"; the turn asked for it -> agent x" ->')
  })

  it('tells first where an argument came out of another tool\'s result', () => {
    const sources = new Map([['$.a', 'user'], ['$.b', 'model'], ['$.c', 'unknown'], ['$.to', 'tool_result:call-1'], ['$.d', 'user']])
    expect(findingOfInteraction(draft, { ...exampleInteraction, argument_sources: sources }, source).lineage)
      .toMatch(/arguments: \$\.to from the result of call call-1, \$\.b from the model, \$\.a from the user, 2 more$/)
  })
})
