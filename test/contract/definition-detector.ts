/** What every detector of definitions must do, held against its own examples. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { defineExample, definitionFrom, type DefinitionExample, parseDefinitionExamples } from '../../detectors/definition-example.ts'
import type { Detector, Offer } from '../../detectors/detector.ts'

const tools = { hash: (text: string) => text }

const offered = ({ definition, before }: DefinitionExample): Offer =>
  ({ definition: definitionFrom(definition), before: before === undefined ? undefined : definitionFrom(before) })

/** `words`: what the examples' texts say, of which a finding must repeat nothing. */
export function definitionDetectorContract<Params extends { trustedServers: readonly string[] }>(detector: Detector<Params, undefined>, words: RegExp): void {
  const { id } = detector.rule
  const params = detector.rule.params.parse({})
  const examples = ['fires', 'quiet'].flatMap((name) =>
    parseDefinitionExamples(readFileSync(new URL(`../../detectors/${id}/examples/${name}.jsonl`, import.meta.url), 'utf8')))
  const fires = examples.filter(({ findings }) => findings > 0)

  describe(id, () => {
    it.each(examples.map((example) => [example.why, example] as const))('%s', (_, example) => {
      const drafts = defineExample(detector, example)
      expect(drafts, JSON.stringify(drafts[0]?.reasons)).toHaveLength(example.findings)
      if (example.severity !== undefined) expect(drafts[0]?.severity).toBe(example.severity)
      for (const reason of example.reasons) expect(drafts[0]?.reasons.join('\n')).toContain(reason)
    })

    it('says nothing of servers that are trusted', () => {
      for (const example of fires) expect(detector.define?.(offered(example), { ...params, trustedServers: ['files'] }, tools)).toEqual([])
    })

    it('is about one version of one definition of a server, whoever saw it, and repeats none of its words', () => {
      expect(fires.length).toBeGreaterThan(0)
      for (const example of fires) {
        const { definition, before } = offered(example)
        const seen = (client: string) => detector.define?.({ definition: { ...definition, client, definition_hash: 'h' }, before }, params, tools)
        const [one, other] = [seen('a'), seen('b')]
        expect(one?.[0]?.about).toEqual(['files', definition.kind, definition.name, 'h'])
        expect(other).toEqual(one)
        expect(JSON.stringify({ ...one?.[0], about: [] })).not.toMatch(words)
      }
    })
  })
}
