import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { reportsPage } from './reports-page.ts'

it('is what docs/reports.md says', () => {
  expect(readFileSync(new URL('../../../docs/reports.md', import.meta.url), 'utf8')).toBe(reportsPage())
})
