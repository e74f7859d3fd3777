/**
 * Walks a JSON text token by token and replaces values in place: what is not a secret keeps its bytes (number formats, key order,
 * repeated keys). No recursion and no stack beyond one bit a level, so depth costs nothing. A text that is not JSON, or stops
 * being JSON, is left to the caller from there on.
 */
import { gradeOf, type NameGrade } from './names.ts'
import { isBlank, isTelling } from './plausible.ts'

export interface JsonEdits {
  /** What replaces the text of a string (decoded) that no name gives away; the same text = nothing to do. */
  text(value: string): string
  /** What replaces the value (raw JSON text, or the decoded string) of a field named like a secret. */
  secret(value: string): string
}

export interface JsonWalk {
  /** The part that was walked, edited. */
  readonly edited: string
  /** Where the walk ended: the text's length when it is one whole JSON value. */
  readonly end: number
}

const STRING = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y
const SCALAR = /-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y
const SPACE = /[ \t\r\n]*/y

/** The character with which the text begins as JSON, if it does. */
export function jsonStart(text: string): '{' | '[' | '"' | undefined {
  SPACE.lastIndex = 0
  SPACE.test(text)
  const first = text[SPACE.lastIndex]
  return first === '{' || first === '[' || first === '"' ? first : undefined
}

/** Whether the text is nothing but one JSON string. */
export function isWholeString(text: string): boolean {
  STRING.lastIndex = text.indexOf('"')
  return STRING.test(text) && STRING.lastIndex === text.trimEnd().length
}

/** Whether the value of a field of this grade is to be replaced whatever it looks like otherwise. */
export const holdsSecret = (grade: NameGrade, value: string): boolean =>
  grade === 'secret' ? !isBlank(value) : grade === 'vague' && isTelling(value)

/** `{"name": "DB_PASSWORD", "value": "…"}`: members that name another member, and those that are named. */
const NAMING: ReadonlySet<string> = new Set(['name', 'key', 'Name', 'Key', 'method', 'variable', 'header'])
const VALUES: ReadonlySet<string> = new Set(['value', 'Value', 'val', 'stringValue', 'default'])
/** What a call whose name speaks of a secret is given: only what looks like one itself. */
const CALLED: ReadonlySet<string> = new Set(['params', 'args'])

class Walk {
  readonly text: string
  readonly edits: JsonEdits
  at = 0
  /** Whether the value that comes is a name. */
  isNaming = false
  #copied = 0
  #out = ''
  /** One entry a level: whether it is an object. */
  readonly levels: boolean[] = []
  /** One entry a level: in an object what its member `name` or `key` says of its member `value`, in a list what was said of the list. */
  readonly said: NameGrade[] = []
  /** Level of the outermost container that is replaced as a whole, and where it starts. */
  #secretLevel = -1
  #secretStart = 0

  constructor(text: string, edits: JsonEdits) {
    this.text = text
    this.edits = edits
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }

  skipSpace(): number {
    this.take(SPACE)
    return this.text.charCodeAt(this.at)
  }

  replace(start: number, value: string): void {
    this.#out += this.text.slice(this.#copied, start) + JSON.stringify(value)
    this.#copied = this.at
  }

  /** A string that names what `value` beside it is. */
  name(literal: string): void {
    this.isNaming = false
    if (this.said.length > 0) this.said[this.said.length - 1] = gradeOf(nameIn(literal))
  }

  inSecret(): boolean {
    return this.#secretLevel >= 0
  }

  /** A literal just taken, as a value of a field named `name` or as a key. */
  string(literal: string, grade: NameGrade): void {
    if (this.inSecret()) return
    const value = literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1)
    const next = holdsSecret(grade, value) ? this.edits.secret(value) : this.edits.text(value)
    if (next !== value) this.replace(this.at - literal.length, next)
  }

  scalar(literal: string, grade: NameGrade): void {
    if (this.inSecret() || literal.length < 3 || literal.charCodeAt(0) > 57) return
    const next = grade === 'secret' ? this.edits.secret(literal) : literal.length < 13 ? literal : this.edits.text(literal)
    if (next !== literal) this.replace(this.at - literal.length, next)
  }

  open(isObject: boolean, grade: NameGrade): void {
    if (grade === 'secret' && !this.inSecret()) {
      this.#secretLevel = this.levels.length
      this.#secretStart = this.at
    }
    this.at++
    this.isNaming = false
    this.levels.push(isObject)
    this.said.push(isObject ? 'none' : grade)
  }

  close(): void {
    this.at++
    this.levels.pop()
    this.said.pop()
    if (this.levels.length !== this.#secretLevel) return
    this.#secretLevel = -1
    const raw = this.text.slice(this.#secretStart, this.at)
    if (/[^[\]{}\s,]/.test(raw)) this.replace(this.#secretStart, this.edits.secret(raw))
  }

  /** Goes back to `begin`, where the text stopped being JSON, unless that is edited already. */
  giveUp(begin: number): void {
    this.at = Math.max(begin, this.#copied)
  }

  /** A field to be replaced that does not end takes the rest of the text with it. */
  finish(): JsonWalk {
    if (this.inSecret()) {
      this.at = this.text.length
      this.replace(this.#secretStart, this.edits.secret(this.text.slice(this.#secretStart)))
    }
    return { edited: this.#out + this.text.slice(this.#copied, this.at), end: this.at }
  }
}

/** A value at the walk's place; false when there is none. */
function value(walk: Walk, grade: NameGrade): boolean {
  const code = walk.skipSpace()
  if (code === 123 || code === 91) {
    // A replacement that stands alone looks like the start of a list.
    if (walk.text.startsWith('[redacted:', walk.at)) return false
    walk.open(code === 123, grade)
    return true
  }
  if (code === 34) {
    const literal = walk.take(STRING)
    if (literal === undefined || !isLiteral(literal)) return false
    walk.string(literal, grade)
    if (walk.isNaming) walk.name(literal)
    return true
  }
  const literal = walk.take(SCALAR)
  if (literal === undefined) return false
  walk.scalar(literal, grade)
  return true
}

function isLiteral(literal: string): boolean {
  if (!literal.includes('\\')) return true
  try {
    JSON.parse(literal)
    return true
  } catch {
    return false
  }
}

const nameIn = (literal: string): string => (literal.includes('\\') ? (JSON.parse(literal) as string) : literal.slice(1, -1))

/** A key and its colon; undefined when there is none. The answer is what it, or a name told before it, says of its value. */
function key(walk: Walk): NameGrade | undefined {
  walk.skipSpace()
  const literal = walk.take(STRING)
  if (literal === undefined || !isLiteral(literal)) return undefined
  walk.string(literal, 'none')
  if (walk.skipSpace() !== 58) return undefined
  walk.at++
  const name = nameIn(literal)
  walk.isNaming = NAMING.has(name)
  const said = walk.said.at(-1) ?? 'none'
  if (said !== 'none' && VALUES.has(name)) return said
  if (said !== 'none' && CALLED.has(name)) return 'vague'
  return walk.isNaming ? 'none' : gradeOf(name)
}

/** One step: a value, or a bracket, comma and key around it; false at the end of what is JSON. */
function step(walk: Walk, fresh: boolean): { readonly fresh: boolean } | undefined {
  const isObject = walk.levels.at(-1)
  const code = walk.skipSpace()
  if (isObject !== undefined && (code === 125 || code === 93)) {
    if ((code === 125) !== isObject) return undefined
    walk.close()
    return { fresh: false }
  }
  if (!fresh && isObject !== undefined) {
    if (code !== 44) return undefined
    walk.at++
  }
  const grade = isObject === true ? key(walk) : (walk.said.at(-1) ?? 'none')
  if (grade === undefined) return undefined
  const depth = walk.levels.length
  return value(walk, grade) ? { fresh: walk.levels.length > depth } : undefined
}

/** Edits `text` as far as it is JSON. Linear in its length. */
export function walkJson(text: string, edits: JsonEdits): JsonWalk {
  const walk = new Walk(text, edits)
  let begin = 0
  let state = step(walk, true)
  while (state !== undefined && walk.levels.length > 0) {
    begin = walk.at
    state = step(walk, state.fresh)
  }
  if (state === undefined) walk.giveUp(begin)
  else walk.skipSpace()
  return walk.finish()
}
