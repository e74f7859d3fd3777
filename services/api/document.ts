/** The OpenAPI 3.1 document of the API, made of the schemas that its routes check with. */
import { z } from 'zod'
import type { Answer, Route } from './route.ts'
import { ROUTES } from './routes.ts'

type Json = Readonly<Record<string, unknown>>

const VERSION = '1'
const Problem = z.strictObject({ error: z.string().describe('A sentence for people') }).meta({ id: 'Problem' })
/** What every route may answer besides. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: 'Parameters or body are not as they must be', 401: 'No token, or none that is in force', 403: 'The token may not do that, or is of another tenant',
  421: 'Another process of the installation has the answer', 503: 'Bus or store are away for a moment: send it again after Retry-After',
}

/** What zod says too exactly for people: the range of whole numbers in JavaScript, a pattern beside the name of a format, that nobody alters our lists. */
function plain(schema: Record<string, unknown>): void {
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum']
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum']
  if (schema['format'] !== undefined) delete schema['pattern']
  delete schema['readOnly']
}

/** Schemas with an id of their own stand in one place. */
class Components {
  readonly schemas = new Map<string, Json>()

  of(schema: z.ZodType, io: 'input' | 'output'): Json {
    const { $schema: _dialect, $defs: named = {}, ...rest } = this.#moved(z.toJSONSchema(schema, { io, unrepresentable: 'any', override: ({ jsonSchema }) => plain(jsonSchema) })) as Json & { readonly $defs?: Json }
    for (const [id, each] of Object.entries(named)) this.schemas.set(id, without(each as Json, ['id']))
    const id = schema.meta()?.id
    if (id === undefined || '$ref' in rest) return rest
    this.schemas.set(id, without(rest, ['id']))
    return { $ref: `#/components/schemas/${id}` }
  }

  #moved(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.#moved(each))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) =>
      [name, name === '$ref' && typeof each === 'string' ? each.replace('#/$defs/', '#/components/schemas/') : this.#moved(each)]))
  }
}

const without = (from: Json, names: readonly string[]): Json => Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name)))

function parametersOf(place: 'path' | 'query', schema: z.ZodObject | undefined, components: Components): readonly Json[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = components.of(schema, 'input') as { readonly properties?: Readonly<Record<string, Json>>; readonly required?: readonly string[] }
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name, in: place, required: place === 'path' || required.includes(name), ...(description === undefined ? {} : { description }),
    ...(rest['type'] === 'array' ? { style: 'form', explode: false } : {}), schema: rest,
  }))
}

const contentOf = (schema: Json): Json => ({ 'application/json': { schema } })

function answerOf({ says, schema, headers = {} }: Answer, components: Components): Json {
  const named = Object.fromEntries(Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]))
  return { description: says, ...(Object.keys(named).length === 0 ? {} : { headers: named }), ...(schema === undefined ? {} : { content: contentOf(components.of(schema, 'output')) }) }
}

function operationOf(route: Route, components: Components): Json {
  const { operation, summary, scope, whole, parameters, query, body, headers = {}, answers } = route
  const problem = components.of(Problem, 'output')
  const given = new Map(Object.entries(answers).map(([status, answer]) =>
    [status, answerOf(Number(status) >= 400 && answer.schema === undefined ? { ...answer, schema: Problem } : answer, components)] as const))
  for (const [status, says] of Object.entries(REFUSALS)) if (!given.has(status)) given.set(status, { description: says, content: contentOf(problem) })
  return {
    operationId: operation, summary, tags: [operation.split('.')[0]],
    description: `Scope ${scope}${whole === true ? ', with a token of every tenant' : ''}.`, 'x-scope': scope, security: [{ token: [] }],
    parameters: [
      ...parametersOf('path', parameters, components), ...parametersOf('query', query, components),
      ...Object.entries(headers).map(([name, description]) => ({ name, in: 'header', required: false, description, schema: { type: 'string' } })),
    ],
    ...(body === undefined ? {} : { requestBody: { required: !body.safeParse({}).success, content: contentOf(components.of(body, 'input')) } }),
    responses: Object.fromEntries([...given].toSorted(([a], [b]) => Number(a) - Number(b))),
  }
}

export function documentOf(routes: readonly Route[]): Json {
  const components = new Components()
  const paths = new Map<string, Record<string, Json>>()
  for (const route of routes) {
    const path = paths.get(route.path) ?? {}
    path[route.method.toLowerCase()] = operationOf(route, components)
    paths.set(route.path, path)
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Watchkeeper', version: VERSION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'Alerts and what people do with them, silences, receivers, deliveries, quarantine, baselines, and how the product is. Every call is written to the audit log.',
    },
    servers: [{ url: 'http://127.0.0.1:8080', description: 'api.listen of a process' }],
    paths: Object.fromEntries(paths),
    components: {
      schemas: Object.fromEntries([...components.schemas].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'watchkeeper token create --scope read|triage|admin, or the token of the data directory' } },
    },
  }
}

/** Of all routes. */
export const apiDocument = (): Json => documentOf(ROUTES)
