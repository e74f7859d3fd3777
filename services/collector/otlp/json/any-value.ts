/** AnyValue and KeyValue in JSON. Recursion here is bounded by the depth limit, which is checked before each step down. */
import { AttributeList } from '../attribute-list.ts'
import { undecodable } from '../budget.ts'
import type { Budget } from '../budget.ts'
import { Double } from '../model.ts'
import type { AnyValue } from '../model.ts'
import { asDouble, asList, asObject, asPlainInteger, asText, field, originalName } from './fields.ts'
import type { JsonObject } from './fields.ts'

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/
const KINDS = ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue'] as const
type Kind = (typeof KINDS)[number]
const KIND_OF: ReadonlyMap<string, Kind> = new Map(KINDS.flatMap((kind) => [[kind, kind], [originalName(kind), kind]] as const))

/** The attributes of a record, its resource or its scope. */
export const keyValues = (list: unknown, budget: Budget, name: string): AttributeList => filled(new AttributeList(), list, { budget, name, depth: 1 })

interface Place {
  readonly budget: Budget
  readonly name: string
  readonly depth: number
}

/** `into` with a list of KeyValue. Of a repeated key the last value counts. */
function filled<T extends { set(key: string, value: AnyValue): void }>(into: T, list: unknown, { budget, name, depth }: Place): T {
  for (const entry of asList(list, name)) {
    budget.part(name)
    const pair = asObject(entry, name)
    into.set(asText(field(pair, 'key'), `${name}.key`), anyValue(field(pair, 'value'), budget, depth))
  }
  return into
}

/** Null where no kind is set. Of several kinds the last in the text counts. */
export function anyValue(json: unknown, budget: Budget, depth = 1): AnyValue {
  if (depth > budget.depth) throw budget.tooDeep('AnyValue')
  const object = asObject(json, 'AnyValue')
  let value: AnyValue = null
  for (const name of Object.keys(object)) {
    const kind = KIND_OF.get(name)
    const given = object[name]
    if (kind !== undefined && given !== null) value = ofKind(kind, given, budget, depth)
  }
  return value
}

function ofKind(kind: Kind, given: unknown, budget: Budget, depth: number): AnyValue {
  switch (kind) {
    case 'stringValue': return asText(given, 'AnyValue.stringValue')
    case 'intValue': return asPlainInteger(given, 'AnyValue.intValue')
    case 'doubleValue': return new Double(asDouble(given, 'AnyValue.doubleValue'))
    case 'boolValue':
      if (typeof given !== 'boolean') throw undecodable('AnyValue.boolValue: is no boolean')
      return given
    case 'bytesValue': return asBytes(given)
    case 'arrayValue': return list(asObject(given, 'AnyValue.arrayValue'), budget, depth)
    case 'kvlistValue':
      return filled(new Map<string, AnyValue>(), field(asObject(given, 'AnyValue.kvlistValue'), 'values'), {
        budget, name: 'AnyValue.kvlistValue.values', depth: depth + 1,
      })
  }
}

function list(given: JsonObject, budget: Budget, depth: number): readonly AnyValue[] {
  return asList(field(given, 'values'), 'AnyValue.arrayValue.values').map((entry) => {
    budget.part('AnyValue.arrayValue.values')
    return anyValue(entry, budget, depth + 1)
  })
}

/** Base64, standard or URL-safe, padded or not. */
function asBytes(given: unknown): Uint8Array {
  const text = asText(given, 'AnyValue.bytesValue')
  if (!BASE64.test(text)) throw undecodable('AnyValue.bytesValue: is not base64')
  return new Uint8Array(Buffer.from(text, 'base64'))
}
