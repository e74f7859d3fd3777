/** Names, parameters and settings as ClickHouse text: with `sqlText` the only places where data becomes part of a statement. */
import { sqlText } from '../../schemas/sql-literal.ts'

const FIELD_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\0': '\\0', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b' }

/** `name` as a quoted SQL identifier. */
export const identifier = (name: string): string => `\`${name.replace(/[\\`]/g, (c) => `\\${c}`)}\``

const inner = (value: unknown): string =>
  typeof value === 'string' ? sqlText(value) : Array.isArray(value) ? `[${value.map(inner).join(',')}]` : fieldOf(value)

/** A query parameter's value in the text form that the engine parses by the parameter's declared type. Throws TypeError for what has none. */
export function fieldOf(value: unknown): string {
  if (typeof value === 'string') return value.replace(/[\\\0\n\r\t\b]/g, (c) => FIELD_ESCAPES[c] ?? c)
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value === null || value === undefined) return '\\N'
  if (Array.isArray(value)) return inner(value)
  throw new TypeError(`a query parameter cannot be of type ${typeof value}`)
}

/** `SET param_x = …` for each parameter: bound by the engine in this session, never spliced into the query. Throws TypeError for a bad name. */
export function bindings(parameters: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(parameters).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) throw new TypeError('a query parameter needs a plain name')
    return `SET param_${name} = ${sqlText(fieldOf(value))}`
  })
}

/** `a = 1, b = 'x'`. Throws TypeError for a bad name. */
export function settingsText(settings: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(settings).map(([name, value]) => {
    if (!/^[a-z][a-z0-9_]{0,127}$/.test(name)) throw new TypeError('a setting needs a plain name')
    return `${name} = ${typeof value === 'string' ? sqlText(value) : Number(value)}`
  }).join(', ')
}

/** `SET a = 1, b = 'x'`, or nothing when there are none. Throws TypeError for a bad name. */
export function assignments(settings: Readonly<Record<string, string | number | boolean>>): string[] {
  const pairs = settingsText(settings)
  return pairs === '' ? [] : [`SET ${pairs}`]
}
