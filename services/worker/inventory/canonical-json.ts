/** JSON values in one form: the same value, the same text, whatever the order of keys (RFC 8785, JSON Canonicalization Scheme). */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** Levels of nesting, and members and items in all, beyond which a value has no canonical form here. */
const MOST_LEVELS = 64
const MOST_NODES = 20_000

export class NoCanonicalForm extends Error {
  readonly why: 'too_deep' | 'too_large'

  constructor(why: 'too_deep' | 'too_large') {
    super(why)
    this.name = 'NoCanonicalForm'
    this.why = why
  }
}

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Half of a surrogate pair stands as its escape. */
const quoted = (text: string): string => JSON.stringify(text)

class Writer {
  #nodes = 0

  write(value: Json, level: number): string {
    if (++this.#nodes > MOST_NODES) throw new NoCanonicalForm('too_large')
    if (typeof value === 'string') return quoted(value)
    // A number too large for a double is none that JSON could write: its text is kept apart from null.
    if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`
    if (typeof value !== 'object' || value === null) return String(value)
    if (level >= MOST_LEVELS) throw new NoCanonicalForm('too_deep')
    if (Array.isArray(value)) return `[${(value as readonly Json[]).map((item) => this.write(item, level + 1)).join(',')}]`
    const members = Object.entries(value as Readonly<Record<string, Json>>).sort(([a], [b]) => byCodeUnits(a, b))
    return `{${members.map(([key, member]) => `${quoted(key)}:${this.write(member, level + 1)}`).join(',')}}`
  }
}

/** Throws NoCanonicalForm. */
export const canonicalJson = (value: Json): string => new Writer().write(value, 0)
