/** The outer levels that traces, logs and metrics share in OTLP/JSON. */
import { Budget } from '../budget.ts'
import type { DecodeLimits, Resource, Scope, Scoped } from '../model.ts'
import { keyValues } from './any-value.ts'
import { asList, asObject, asText, field } from './fields.ts'
import type { JsonObject } from './fields.ts'
import { parseJson } from './text.ts'

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

/** Throws Failure `rejected` for a body that is no such request or is over a limit. */
export function decodeScopedJson<T>(bytes: Buffer, limits: DecodeLimits, shape: JsonShape<T>): readonly Scoped<T>[] {
  const request = asObject(parseJson(bytes, limits.depth * LEVELS_PER_VALUE + LEVELS_AROUND), 'The body')
  const budget = new Budget(limits)
  return asList(field(request, shape.resources), shape.resources).flatMap((entry) => {
    const group = asObject(entry, shape.resources)
    const resource = readResource(field(group, 'resource'), budget)
    return asList(field(group, shape.scopes), shape.scopes).map((scoped) => readScoped(scoped, resource, budget, shape))
  })
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

function readScoped<T>(json: unknown, resource: Resource, budget: Budget, shape: JsonShape<T>): Scoped<T> {
  budget.part(shape.scopes)
  const group = asObject(json, shape.scopes)
  const items: T[] = []
  for (const entry of asList(field(group, shape.items), shape.items)) {
    const item = shape.read(asObject(entry, shape.items), budget)
    if (item !== undefined) items.push(item)
  }
  return { resource, scope: readScope(field(group, 'scope'), budget), items }
}
