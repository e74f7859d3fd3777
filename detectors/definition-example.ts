/** Examples of what servers offer, as JSONL: `{"why", "definition", "before"?, "findings", "severity"?, "reasons"?}`; definitions are given in part. Pure. */
import { z } from 'zod'
import type { ToolDefinition } from '../schemas/tool-definition.ts'
import { Severity } from '../schemas/vocabulary.ts'
import type { Detector, Draft } from './detector.ts'

const Told = z.strictObject({
  kind: z.enum(['tool', 'prompt', 'resource', 'resource_template', 'server']).default('tool'),
  name: z.string().default('read_file'), title: z.string().default(''), description: z.string().default(''),
  inputSchema: z.unknown().optional(), annotations: z.unknown().optional(), server: z.string().default('files'), source: z.string().optional(), vantage: z.enum(['server', 'gateway']).optional(),
})

const Line = z.strictObject({
  /** What the case shows. */
  why: z.string(),
  definition: Told,
  before: Told.optional(),
  findings: z.number().int().min(0),
  severity: Severity.optional(),
  /** Each stands in some reason. */
  reasons: z.array(z.string()).default([]),
})
export type DefinitionExample = z.infer<typeof Line>

export const parseDefinitionExamples = (text: string): readonly DefinitionExample[] =>
  text.split('\n').filter((line) => line.trim() !== '').map((line) => Line.parse(JSON.parse(line)))

/** A definition as the inventory tells it; hashes are no hashes. */
export function definitionFrom(told: z.infer<typeof Told>): ToolDefinition {
  const { kind, name, title, description, inputSchema, annotations, server, source = 'example', vantage = 'server' } = told
  const json = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value))
  const whole = JSON.stringify(told)
  return {
    tenant: 'default', server, target: '', source, emitter: 'example', vantage, agent: '', client: '', kind, name, title, description,
    description_bytes: description.length, input_schema: json(inputSchema), output_schema: '', annotations: json(annotations), definition_hash: whole, hash_form: 'jcs-1',
    description_hash: description, input_schema_hash: json(inputSchema), output_schema_hash: '', annotations_hash: json(annotations), notes: [], seen_on: 0n, first_seen: 0n, last_seen: 0n,
    event_id: '',
  }
}

/** What `define` says about an example, with the detector's default parameters. */
export function defineExample<Params, State>(detector: Detector<Params, State>, { definition, before }: DefinitionExample): readonly Draft[] {
  const offer = { definition: definitionFrom(definition), before: before === undefined ? undefined : definitionFrom(before) }
  return detector.define?.(offer, detector.rule.params.parse({}), { hash: (text) => `hash-of-${text.length}` }) ?? []
}
