/** The outer levels that traces, logs and metrics share in OTLP/JSON. */
import { Budget } from '../budget.ts'
import type { DecodeLimits, Resource, Scope, Scoped } from '../model.ts'
import { keyValues } from './any-value.ts'
import { asList, asObject, asText, field } from './fields.ts'
import type { JsonObject } from './fields.ts'
import { parseJson } from './text.ts'
import { UnknownKeys } from './unknown-keys.ts'

/** JSON levels that one AnyValue level can take (`{value:{kvlistValue:{values:[{…`), and those around the values. */
const LEVELS_PER_VALUE = 4
const LEVELS_AROUND = 24

/** The words of one signal, and how one of its items is read; undefined = nothing to keep. */
export interface JsonShape<T> {
  /** `resourceSpans`, `scopeSpans`, `spans`. */
  readonly resources: string
  readonly scopes: string
  readonly items: string
  read(item: JsonObject, budget: Budget): T | undefined
}

export interface JsonBody {
  /** Inflated. */
  readonly bytes: Buffer
  readonly limits: DecodeLimits
  /** Is told of keys that stand where a list should be. */
  readonly unknown?: UnknownKeys | undefined
}

interface Reading<T> {
  readonly shape: JsonShape<T>
  readonly budget: Budget
  readonly unknown: UnknownKeys
}

/** Throws Failure `rejected` for a body that is no such request or is over a limit. */
export function decodeScopedJson<T>({ bytes, limits, unknown = new UnknownKeys() }: JsonBody, shape: JsonShape<T>): readonly Scoped<T>[] {
  const request = asObject(parseJson(bytes, limits.depth * LEVELS_PER_VALUE + LEVELS_AROUND), 'The body')
  const reading = { shape, budget: new Budget(limits), unknown }
  return listOf(request, shape.resources, unknown).flatMap((entry) => {
    const group = asObject(entry, shape.resources)
    const resource = readResource(field(group, 'resource'), reading.budget)
    return listOf(group, shape.scopes, unknown).map((scoped) => readScoped(scoped, resource, reading))
  })
}

function listOf(group: JsonObject, name: string, unknown: UnknownKeys): readonly unknown[] {
  const list = field(group, name)
  if (list === undefined) unknown.insteadOf(name, group)
  return asList(list, name)
}

function readResource(json: unknown, budget: Budget): Resource {
  return { attributes: keyValues(field(asObject(json, 'resource'), 'attributes'), budget, 'resource.attributes') }
}

function readScope(json: unknown, budget: Budget): Scope {
  const scope = asObject(json, 'scope')
  return {
    name: asText(field(scope, 'name'), 'scope.name'),
    version: asText(field(scope, 'version'), 'scope.version'),
    attributes: keyValues(field(scope, 'attributes'), budget, 'scope.attributes'),
  }
}

function readScoped<T>(json: unknown, resource: Resource, { shape, budget, unknown }: Reading<T>): Scoped<T> {
  budget.part(shape.scopes)
  const group = asObject(json, shape.scopes)
  const items: T[] = []
  for (const entry of listOf(group, shape.items, unknown)) {
    const item = shape.read(asObject(entry, shape.items), budget)
    if (item !== undefined) items.push(item)
  }
  return { resource, scope: readScope(field(group, 'scope'), budget), items }
}
