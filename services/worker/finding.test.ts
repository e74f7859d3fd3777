import { expect, it } from 'vitest'
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
