import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { redactionPage } from './docs.ts'

it('docs/redaction.md is the page made from the list of kinds (npm run docs writes it)', () => {
  expect(readFileSync(new URL('../../../docs/redaction.md', import.meta.url), 'utf8')).toBe(redactionPage())
})
