import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { EMITTERS } from './emitters/list.ts'
import { SWITCHES } from './emitters/switches.ts'
import { mappingTable } from './mapping-table.ts'

it('is what docs/mappings.md says', () => {
  expect(readFileSync(new URL('../../../docs/mappings.md', import.meta.url), 'utf8')).toBe(mappingTable())
})

it('names every emitter and every attribute', () => {
  const page = mappingTable()
  for (const { id, fields } of EMITTERS) {
    expect(page).toContain(`emitter = ${id}`)
    for (const { key } of Object.values(fields).flat()) expect(page).toContain(`\`${key}`)
  }
})

it('has switches of emitters only', () => {
  expect([...SWITCHES.keys()].filter((id) => EMITTERS.every((table) => table.id !== id))).toEqual([])
})
