import { expect, test } from 'vitest'
import { blankInteraction } from './interaction.ts'
import { decodeSteps, encodeSteps, type Step, writeOnce } from './step.ts'

test('an interaction that was written once stands in each envelope as if it had been written there', () => {
  const interaction = { ...blankInteraction(), interaction_id: 'i', tenant: 'acme', actor: 'zoë', arguments: 'ü'.repeat(200), scopes: ['a', 'b'] }
  const step = (key: string): Step => ({ interaction, keys: [{ detector: 'd', key }, { detector: 'e', key: `${key}2` }], lessons: [], notices: [] })
  const before = encodeSteps([step('k'), step('l')])
  writeOnce(interaction)
  const bytes = encodeSteps([step('k'), step('l')])
  expect(bytes.equals(before)).toBe(true)
  expect(decodeSteps(bytes)).toEqual([step('k'), step('l')])
})
