/**
 * Examples of a detector, as JSONL that a person can read: a line is an interaction given in part (times as ISO text, argument sources
 * as an object), or `{"expect": …}` about the interactions since the last expectation. Pure: the text is an argument.
 */
import { z } from 'zod'
import { blankInteraction, type Interaction, type InteractionFields } from '../schemas/interaction.ts'
import { Severity } from '../schemas/vocabulary.ts'
import type { Detector, Draft, Tools } from './detector.ts'

const Expectation = z.strictObject({
  /** What the case shows. */
  why: z.string(),
  /** Drafts from `review` over all interactions of the case. */
  findings: z.number().int().min(0),
  /** Of the worst one. */
  severity: Severity.optional(),
  /** Each stands in some reason. */
  reasons: z.array(z.string()).default([]),
})
export type Expectation = z.infer<typeof Expectation>

export interface Example {
  readonly interactions: readonly Interaction[]
  readonly expect: Expectation
}

/** Throws Error with the line number on a line that is neither, or that names an unknown field. */
export function parseExamples(text: string): readonly Example[] {
  const examples: Example[] = []
  let interactions: Interaction[] = []
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const value = JSON.parse(line) as Record<string, unknown>
    if (value['expect'] === undefined) interactions.push(interactionOf(value, at + 1))
    else {
      examples.push({ interactions, expect: Expectation.parse(value['expect']) })
      interactions = []
    }
  }
  return examples
}

function interactionOf(value: Record<string, unknown>, line: number): Interaction {
  const fields = blankInteraction() as InteractionFields & Record<string, unknown>
  for (const [key, given] of Object.entries(value)) {
    const blank = fields[key]
    if (blank === undefined) throw new Error(`example line ${line}: an interaction has no field ${key}`)
    fields[key] = typeof blank === 'bigint' ? bigintOf(given) : blank instanceof Map ? new Map(Object.entries(given as object)) : given
  }
  return { ...fields, interaction_id: fields.interaction_id || `example-${line}` }
}

const bigintOf = (given: unknown): bigint => (typeof given === 'string' && given.includes('T') ? BigInt(Date.parse(given)) * 1_000_000n
  : BigInt(given as number))

const tools: Tools = { hash: (text) => `hash-of-${text.length}` }

/** What `review` says about an example, with the detector's default parameters. */
export function reviewExample<Params, State>(detector: Detector<Params, State>, example: Example): readonly Draft[] {
  const params = detector.rule.params.parse({})
  return example.interactions.flatMap((interaction) => detector.review?.(interaction, params, tools) ?? [])
}
