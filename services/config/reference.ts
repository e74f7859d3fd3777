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

/** One row for each key that any alternative has; of an enumeration, all values. */
function merged(alternatives: readonly JsonSchema[]): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  for (const [name, property] of alternatives.flatMap((each) => Object.entries(each.properties ?? {}))) {
    const values = [...(properties[name]?.enum ?? []), ...(property.enum ?? (property.const === undefined ? [] : [property.const]))]
    properties[name] = values.length === 0 ? property : { ...property, enum: values }
  }
  return { properties }
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
    return [own, ...(property.items?.properties === undefined ? [] : linesOf(property.items, `${key}[]`))]
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
