import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { documentOf } from './document.ts'
import { ROUTES } from './routes.ts'
import { route } from './route.ts'

type Json = { readonly [key: string]: unknown }
const document = documentOf(ROUTES)

function* texts(value: unknown, key: string): Generator<string> {
  if (Array.isArray(value)) for (const each of value) yield* texts(each, key)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) {
      if (name === key && typeof each === 'string') yield each
      yield* texts(each, key)
    }
  }
}

describe('OpenAPI document', () => {
  it('is the one that stands in docs', () => {
    expect(JSON.parse(readFileSync('docs/openapi.json', 'utf8')), 'run npm run docs').toEqual(JSON.parse(JSON.stringify(document)))
  })

  it('is valid OpenAPI 3.1 by the published schema', async () => {
    expect(await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>)).toEqual({ valid: true })
  })

  it('has every route once, with a name of its own', () => {
    const operations = Object.values(document['paths'] as Json).flatMap((path) => Object.values(path as Json) as Json[])
    expect(operations).toHaveLength(ROUTES.length)
    expect(new Set(operations.map((operation) => operation['operationId'])).size).toBe(ROUTES.length)
  })

  it('refers only to what is there, and leaves nothing of the generator behind', () => {
    const { schemas } = document['components'] as { readonly schemas: Json }
    for (const [name, schema] of Object.entries(schemas)) expect(schema, name).not.toHaveProperty('$ref')
    for (const reference of texts(document, '$ref')) expect(schemas).toHaveProperty([reference.replace('#/components/schemas/', '')])
    expect(JSON.stringify(document)).not.toMatch(/\$defs|\$schema/)
  })

  it('names each place of a path as a parameter', () => {
    for (const [path, operations] of Object.entries(document['paths'] as Record<string, Record<string, { readonly parameters: readonly { readonly name: string; readonly in: string }[] }>>)) {
      const places = [...path.matchAll(/\{([a-z_]+)\}/g)].map((match) => match[1])
      for (const { parameters } of Object.values(operations)) expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(places)
    }
  })

  it('says what a request may be, and not what it becomes', () => {
    const made = documentOf([route({
      method: 'POST', path: '/x/{id}', operation: 'x.do', scope: 'triage', summary: 's', parameters: z.strictObject({ id: z.string() }),
      query: z.strictObject({ many: z.array(z.enum(['a', 'b'])).optional(), limit: z.coerce.number().int().default(5) }), body: z.strictObject({ why: z.string().default('') }),
      answers: { 200: { says: 'ok', schema: z.strictObject({ why: z.string() }) } }, handle: () => ({ status: 200, headers: {}, body: '' }),
    })])
    expect(made['paths']).toMatchObject({ '/x/{id}': { post: {
      operationId: 'x.do', 'x-scope': 'triage', requestBody: { required: false, content: { 'application/json': { schema: { type: 'object', additionalProperties: false } } } },
      parameters: [
        { name: 'id', in: 'path', required: true }, { name: 'many', in: 'query', required: false, style: 'form', explode: false, schema: { type: 'array', items: { enum: ['a', 'b'] } } },
        { name: 'limit', in: 'query', required: false, schema: { type: 'integer', default: 5 } },
      ],
      responses: { 200: { content: { 'application/json': { schema: { required: ['why'] } } } }, 401: {}, 403: {} },
    } } })
  })
})
