/** `docs/configuration.md`, made from the schema. */
import { z } from 'zod'
import { ENVIRONMENT } from './load.ts'
import { Config } from './schema.ts'

interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  /** Alternatives, such as the mechanisms of SASL. */
  readonly oneOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly const?: unknown
}

interface Line {
  readonly key: string
  readonly type: string
  readonly fallback: string
  readonly meaning: string
}

/** What tells an alternative from the others, such as `slack`. */
const kindOf = ({ properties = {} }: JsonSchema): string => String(Object.values(properties).find((property) => property.const !== undefined)?.const ?? '')

/** What it means, and for which kinds, where it is not the same for all. */
function meaningIn(name: string, alternatives: readonly JsonSchema[]): string {
  const kinds = new Map<string, string[]>()
  for (const alternative of alternatives) {
    const property = alternative.properties?.[name]
    if (property !== undefined) kinds.set(property.description ?? '', [...kinds.get(property.description ?? '') ?? [], kindOf(alternative)])
  }
  const [first] = kinds
  if (first !== undefined && kinds.size === 1 && (first[1].length === alternatives.length || first[1].includes(''))) return first[0]
  return [...kinds].map(([meaning, who]) => (who.every((kind) => meaning.includes(kind)) ? meaning : `${who.join(', ')}: ${meaning}`)).join('; ')
}

/** One row for each key that any alternative has; of an enumeration, all values. */
function merged(alternatives: readonly JsonSchema[]): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  for (const [name, property] of alternatives.flatMap((each) => Object.entries(each.properties ?? {}))) {
    const values = [...(properties[name]?.enum ?? []), ...(property.enum ?? (property.const === undefined ? [] : [property.const]))]
    const meaning = { ...property, description: meaningIn(name, alternatives) }
    properties[name] = values.length === 0 ? meaning : { ...meaning, enum: property.const === undefined ? [...new Set(values)] : values }
  }
  return { properties }
}

/** Entries of a list may be of several kinds, such as receivers. */
const unionOf = (schema: JsonSchema): JsonSchema => {
  const alternatives = schema.oneOf ?? schema.anyOf
  return alternatives === undefined ? schema : merged(alternatives)
}

/** A section that has a meaning of its own, such as by being there at all. */
const described = ({ description }: JsonSchema, key: string): Line[] =>
  description === undefined ? [] : [{ key, type: 'map', fallback: '', meaning: description }]

const typeOf = ({ enum: values, type }: JsonSchema): string => values?.join(' \\| ') ?? (type === 'array' ? 'list' : (type ?? 'map'))

function linesOf(schema: JsonSchema, path: string): Line[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const key = path === '' ? name : `${path}.${name}`
    const alternatives = property.oneOf ?? property.anyOf
    if (alternatives?.some(({ properties }) => properties !== undefined) === true) return linesOf(merged(alternatives), key)
    if (property.properties !== undefined) return [...described(property, key), ...linesOf(property, key)]
    const type = (alternatives ?? [property]).map(typeOf).join(' \\| ')
    const own = {
      key, type, fallback: property.default === undefined ? '' : `\`${JSON.stringify(property.default)}\``, meaning: property.description ?? '',
    }
    return [own, ...(property.items === undefined ? [] : linesOf(unionOf(property.items), `${key}[]`))]
  })
}

export function configurationReference(): string {
  const lines = linesOf(z.toJSONSchema(Config, { io: 'input', unrepresentable: 'any' }) as JsonSchema, '')
  const variables = Object.entries(ENVIRONMENT).map(([variable, path]) => `| \`${variable}\` | \`${path.join('.')}\` |`)
  return [
    '# Configuration', '',
    'Flags win over environment, environment over file, file over defaults. `watchkeeper config check --config FILE` names every problem at once;',
    '`watchkeeper config print` shows what is in force, secrets masked. This page is generated from the schema.', '',
    '| key | type | default | meaning |', '| --- | --- | --- | --- |',
    ...lines.map(({ key, type, fallback, meaning }) => `| \`${key}\` | ${type} | ${fallback} | ${meaning} |`), '',
    '| environment variable | key |', '| --- | --- |', ...variables, '',
  ].join('\n')
}
