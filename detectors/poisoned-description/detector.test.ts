import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defineExample, definitionFrom, parseDefinitionExamples } from '../definition-example.ts'
import { poisonedDescription } from './detector.ts'

const tools = { hash: (text: string) => text }
const params = poisonedDescription.rule.params.parse({})
const examples = ['fires', 'quiet'].flatMap((name) => parseDefinitionExamples(readFileSync(new URL(`examples/${name}.jsonl`, import.meta.url), 'utf8')))
const FIRES = examples.filter(({ findings }) => findings > 0)

describe('poisoned-description', () => {
  it.each(examples.map((example) => [example.why, example] as const))('%s', (_, example) => {
    const drafts = defineExample(poisonedDescription, example)
    expect(drafts, JSON.stringify(drafts[0]?.reasons)).toHaveLength(example.findings)
    if (example.severity !== undefined) expect(drafts[0]?.severity).toBe(example.severity)
    for (const reason of example.reasons) expect(drafts[0]?.reasons.join('\n')).toContain(reason)
  })

  it('says nothing of servers that are trusted', () => {
    for (const { definition, before } of FIRES) {
      const offer = { definition: definitionFrom(definition), before: before === undefined ? undefined : definitionFrom(before) }
      expect(poisonedDescription.define?.(offer, { ...params, trustedServers: ['files'] }, tools)).toEqual([])
    }
  })

  it('is about one version of one definition of a server, whoever saw it, and repeats none of its words', () => {
    for (const { definition, before } of FIRES) {
      const after = definitionFrom(definition)
      const seen = (client: string) => poisonedDescription.define?.({ definition: { ...after, client, definition_hash: 'h' }, before: before === undefined ? undefined : definitionFrom(before) }, params, tools)
      const [one, other] = [seen('a'), seen('b')]
      expect(one?.[0]?.about).toEqual(['files', definition.kind, definition.name, 'h'])
      expect(other).toEqual(one)
      expect(JSON.stringify({ ...one?.[0], about: [] })).not.toMatch(/ssh|example|DE00|conversation history|rules that you/)
    }
  })
})
