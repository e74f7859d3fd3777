import { expect, test } from 'vitest'
import { blankInteraction } from './interaction.ts'
import { encodeInteractions } from './interaction-codec.ts'
import { decodeSteps, encodeSteps, type Step, written } from './step.ts'
import { writtenInteractions } from './topics.ts'

const interaction = { ...blankInteraction(), interaction_id: 'i', tenant: 'acme', actor: 'zoë', arguments: 'ü'.repeat(200), scopes: ['a', 'b'] }
const step = (key: string): Step => ({ interaction, keys: [{ detector: 'd', key }, { detector: 'e', key: `${key}2` }], lessons: [], notices: [] })
const before = encodeSteps([step('k'), step('l')])

test('an interaction that was written once stands in each envelope as if it had been written there', () => {
  const bytes = written(interaction)
  const steps = encodeSteps([{ ...step('k'), bytes }, { ...step('l'), bytes }])
  expect(steps.equals(before)).toBe(true)
  expect(decodeSteps(steps)).toEqual([step('k'), step('l')])
})

test('an interaction that is sent on as it was read is the same as one that is written anew', () => {
  const [, read] = writtenInteractions.codec.decode(encodeInteractions([{ ...interaction, interaction_id: 'h' }, interaction]))
  const { bytes } = read as { readonly bytes: Buffer }
  expect(read?.interaction).toEqual(interaction)
  expect(encodeSteps([{ ...step('k'), bytes }, { ...step('l'), bytes }]).equals(before)).toBe(true)
})
