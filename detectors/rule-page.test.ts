import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { REGISTRY } from './registry.ts'
import { rulePage } from './rule-page.ts'
import { RULES_ELSEWHERE } from './rules-elsewhere.ts'

it('is what docs/detections.md says', () => {
  expect(readFileSync(new URL('../docs/detections.md', import.meta.url), 'utf8')).toBe(rulePage())
})

it('links every rule to a folder that explains it, and names frameworks', () => {
  const rules = [...Object.values(REGISTRY).map((arming) => arming({}).rule), ...RULES_ELSEWHERE]
  for (const { id, maps, blindSpots, runbook } of rules) {
    expect(existsSync(new URL(`${id}/`, import.meta.url)), id).toBe(true)
    expect([...maps.owaspMcp2025, ...maps.atlas5, ...maps.attack19], id).not.toEqual([])
    expect([blindSpots.length > 0, runbook.length > 0], id).toEqual([true, true])
  }
})

it('has the registry under the names of the rules', () => {
  expect(Object.entries(REGISTRY).map(([id, arming]) => [id, arming({}).rule.id])).toEqual(Object.keys(REGISTRY).map((id) => [id, id]))
})
