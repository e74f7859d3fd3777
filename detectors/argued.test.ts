/** Every detector says what weighed, in examples that fire. Where a draft does not, what it observed is all there is. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { defineExample, definitionFrom, parseDefinitionExamples } from './definition-example.ts'
import { type Armed, type Draft, type Detector } from './detector.ts'
import { REGISTRY } from './registry.ts'
import { rehearse } from './rehearse.ts'

/** Armed is a detector whose parameters are bound already. */
const unbound = (armed: Armed): Detector<unknown, unknown> => ({
  rule: armed.rule, begin: () => armed.begin(), keysOf: (interaction) => armed.keysOf(interaction), lore: (key, interaction) => armed.lore(key, interaction), lesson: (state) => armed.lesson(state),
  learn: (lore, lesson) => armed.learn(lore, lesson), step: (state, interaction, key, _, tools) => armed.step(state, interaction, key, tools), review: (interaction, _, tools) => armed.review(interaction, tools),
  define: (offer, _, tools) => armed.define(offer, tools),
})

function draftsOf(id: string, armed: Armed): readonly Draft[] {
  const text = readFileSync(new URL(`${id}/examples/fires.jsonl`, import.meta.url), 'utf8')
  if (!armed.defines) return rehearse(unbound(armed), text).flatMap(({ drafts }) => drafts)
  return parseDefinitionExamples(text).flatMap((example) => [
    ...defineExample(unbound(armed), example),
    ...armed.meet(definitionFrom(example.definition), [definitionFrom({ ...example.definition, server: 'another' })], { hash: String }),
    ...armed.meet(definitionFrom(example.definition), [example.definition, example.before ?? example.definition].map(definitionFrom), { hash: String }),
  ])
}

/** Its examples need a policy: its own test looks at what it says. */
const ELSEWHERE = 'policy-violation'
const learned = Object.entries(REGISTRY).map(([id, arming]) => [id, arming({})] as const).filter(([id, { weighs }]) => !weighs && id !== ELSEWHERE)

it.each(learned)('%s says what weighed', (id, armed) => {
  const drafts = draftsOf(id, armed)
  expect(drafts.some(({ features = [] }) => features.length > 0)).toBe(true)
  for (const { title, features = [] } of drafts) {
    for (const { name, observed, weight } of features) {
      expect(name, title).not.toBe('')
      expect(observed, title).not.toBe('')
      expect(weight, title).toBeGreaterThanOrEqual(0)
      expect(weight, title).toBeLessThanOrEqual(1)
    }
  }
})
