/** Every emitter's bodies again, each attribute in the other kinds that senders and exporters give the same value: nothing else is read of them. */
import { expect, it } from 'vitest'
import type { AuditEventFields } from '../../../schemas/audit-event.ts'
import { type AnyValue, Double, type KeyValues, type LogRecord, type Span } from '../otlp/model.ts'
import { createNormaliser } from './normaliser.ts'
import { normalised, type Observed, observedFolders } from './sample-telemetry.ts'
import { jsonText } from './values.ts'

const normaliser = createNormaliser({ mcpPaths: ['/mcp'] })

function structured(value: unknown): AnyValue {
  if (Array.isArray(value)) return value.map(structured)
  if (typeof value === 'number' && !Number.isInteger(value)) return new Double(value)
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value).map(([key, each]) => [key, structured(each)])) : (value as AnyValue)
}

/** Go's logs send text as bytes. */
const bytesOf = (text: string): AnyValue[] => (text === '' ? [] : [new Uint8Array(Buffer.from(text))])

function ofText(text: string): AnyValue[] {
  if (/^\d{1,15}$/.test(text)) return [Number(text), new Double(Number(text))]
  if (text === 'true' || text === 'false') return [text === 'true']
  try {
    return /^[[{]/.test(text) ? [structured(JSON.parse(text))] : []
  } catch {
    return []
  }
}

/** The same value as others send it. */
function otherKinds(key: string, value: AnyValue): AnyValue[] {
  // Python writes them with a capital.
  if (/success|is_error/.test(key)) return String(value) === 'true' ? [true, 'true', 'True'] : [false, 'false', 'False']
  if (typeof value === 'string') return [...ofText(value), ...bytesOf(value)]
  if (typeof value === 'boolean') return [String(value)]
  if (typeof value === 'number' || typeof value === 'bigint') return [String(value), new Double(Number(value))]
  if (value instanceof Double) return [String(value.value)]
  return value instanceof Map || Array.isArray(value) ? [jsonText(value)] : []
}

/** Blanks in JSON text are the sender's: sizes and texts are compared without; a log's identity is its content. */
function said(event: AuditEventFields | undefined): unknown {
  if (event === undefined) return undefined
  const { attributes: _attributes, event_id: _id, arguments_bytes: _arguments, result_bytes: _result, ...fields } = event
  return JSON.parse(JSON.stringify(fields, (_, field: unknown) => {
    if (typeof field === 'bigint') return String(field)
    if (typeof field !== 'string' || !/^[[{]/.test(field)) return field
    try {
      return JSON.parse(field) as unknown
    } catch {
      return field
    }
  }))
}

/** The only event of one record with these attributes. */
function eventWith(body: Observed, group: number, item: number, attributes: KeyValues): AuditEventFields | undefined {
  const alone = <T extends { readonly attributes: KeyValues }>(scoped: readonly { readonly items: readonly T[] }[]): unknown =>
    [{ ...scoped[group], items: [{ ...scoped[group]!.items[item]!, attributes }] }]
  return normalised(normaliser, { ...body, data: alone<Span | LogRecord>(body.data) } as Observed).events[0]
}

it.each(observedFolders())('$folder', ({ bodies }) => {
  for (const body of bodies) {
    body.data.forEach(({ items }, group) => items.forEach(({ attributes }, item) => {
      const before = said(eventWith(body, group, item, attributes))
      for (const [key, value] of attributes) {
        // One argument each: their kind is what was sent to the tool.
        for (const other of key.startsWith('mcp.request.argument.') ? [] : otherKinds(key, value)) {
          expect(said(eventWith(body, group, item, new Map([...attributes, [key, other]]))), `${key} as ${jsonText(other)}`).toEqual(before)
        }
      }
    }))
  }
})
