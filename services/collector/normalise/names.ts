/** Span names as a last source of method and object. Compared by prefix and suffix only, so that no name costs more than its length. */
import { MCP_METHODS } from './words.ts'

export interface NamePattern {
  readonly prefix: string
  readonly suffix: string
  /** `{method} {target}`, `{method}` alone, or `{tool}` alone between prefix and suffix. */
  readonly shape: 'call' | 'method' | 'tool'
}

export interface Named {
  readonly method: string
  /** Tool, prompt or resource; '' where the name has none. */
  readonly object: string
}

const SHAPES = [['{method} {target}', 'call'], ['{method}', 'method'], ['{tool}', 'tool']] as const

/** Throws where a pattern holds no known slot: a table is wrong. */
export function compileNames(patterns: readonly string[]): readonly NamePattern[] {
  return patterns.map((pattern) => {
    const found = SHAPES.find(([slot]) => pattern.includes(slot))
    if (found === undefined) throw new RangeError(`span name pattern without a slot: ${pattern}`)
    const [prefix = '', suffix = ''] = pattern.split(found[0])
    return { prefix, suffix, shape: found[1] }
  })
}

/** A bare `ping` or `initialize` could be anybody's: without fixed text around it a method needs its slash. */
function methodIn(text: string, pattern: NamePattern): string {
  const bare = pattern.prefix === '' && pattern.suffix === '' && !text.includes('/')
  return !bare && MCP_METHODS.has(text) ? text : ''
}

function readName(pattern: NamePattern, name: string): Named | undefined {
  const { prefix, suffix, shape } = pattern
  if (!name.startsWith(prefix) || !name.endsWith(suffix) || name.length <= prefix.length + suffix.length) return undefined
  const middle = name.slice(prefix.length, name.length - suffix.length)
  if (shape === 'tool') return { method: 'tools/call', object: middle }
  const space = shape === 'method' ? -1 : middle.indexOf(' ')
  const method = methodIn(space === -1 ? middle : middle.slice(0, space), pattern)
  return method === '' ? undefined : { method, object: space === -1 ? '' : middle.slice(space + 1) }
}

/** What the first fitting pattern says; undefined where none fits. */
export function nameOf(patterns: readonly NamePattern[], name: string): Named | undefined {
  for (const pattern of patterns) {
    const named = readName(pattern, name)
    if (named !== undefined) return named
  }
  return undefined
}
