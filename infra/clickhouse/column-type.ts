/** ClickHouse column types as trees, read from their text (`Map(LowCardinality(String), String)`). */

export interface ColumnType {
  /** `String`, `Map`, `DateTime64`, … */
  readonly name: string
  /** Arguments that are types. Empty for parametric scalars. */
  readonly inner: readonly ColumnType[]
  /** Arguments as written, for scalars such as `DateTime64(9, 'UTC')` and enums. */
  readonly parameters: readonly string[]
  /** Of a tuple: the names of its elements, '' for one without. */
  readonly names?: readonly string[]
}

export interface Column {
  readonly name: string
  readonly type: ColumnType
}

const NESTING = new Set(['Array', 'Map', 'Tuple', 'Nullable', 'LowCardinality'])

/** Splits at commas outside of brackets and quotes. */
function splitArguments(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let quoted = false
  let start = 0
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c === '\\') i++
      else if (c === "'") quoted = false
    } else if (c === "'") quoted = true
    else if (c === '(') depth++
    else if (c === ')') depth--
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(start, i).trim())
      start = i + 1
    }
  }
  parts.push(text.slice(start).trim())
  return parts
}

/** `a String` of a named tuple is the type String under the name a. */
const NAMED = /^(?:`([^`]*)`|([a-z_]\w*)) (.+)$/s
const withoutName = (text: string): string => NAMED.exec(text)?.[3] ?? text
const nameIn = (text: string): string => {
  const [, quoted, plain] = NAMED.exec(text) ?? []
  return quoted ?? plain ?? ''
}

export function parseType(text: string): ColumnType {
  const open = text.indexOf('(')
  if (open < 0) return { name: text, inner: [], parameters: [] }
  const name = text.slice(0, open)
  const parts = splitArguments(text.slice(open + 1, text.lastIndexOf(')')))
  // Rows carry the value itself; only merges know what becomes of two.
  if (name === 'SimpleAggregateFunction') return parseType(parts[1] ?? '')
  if (!NESTING.has(name)) return { name, inner: [], parameters: parts }
  const inner = parts.map((part) => parseType(withoutName(part)))
  return name === 'Tuple' ? { name, inner, parameters: [], names: parts.map(nameIn) } : { name, inner, parameters: [] }
}

/** The type as it is written into a block: the same without LowCardinality, whose dictionaries the engine makes itself. */
export function wireType(type: ColumnType): string {
  if (type.name === 'LowCardinality') return type.inner.map(wireType).join()
  const within = type.inner.length > 0 ? type.inner.map(wireType) : type.parameters
  return within.length === 0 ? type.name : `${type.name}(${within.join(', ')})`
}

/** Name → value of an enum's parameters (`'string' = 0`). */
export function enumValues(type: ColumnType): ReadonlyMap<string, number> {
  return new Map(type.parameters.map((part) => {
    const at = part.lastIndexOf('=')
    return [part.slice(0, at).trim().slice(1, -1).replace(/\\(.)/g, '$1'), Number(part.slice(at + 1))]
  }))
}
