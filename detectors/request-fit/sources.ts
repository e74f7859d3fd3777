/**
 * Where each argument value of a call came from: the user's words, a tool's result, a listing, the system prompt, or nothing that
 * was visible. Equality of normalised text only, so that every answer can be shown to a person. Texts are cut at
 * 256 KiB together, values at 4,096 characters and 64 leaves, and the characters searched for one call are bounded.
 */
import { isTrivial, leavesOf, normalise, spaced } from '../arguments/values.ts'
import { stem, textWords } from './words.ts'

/** What was visible before the call, oldest first. */
export interface Before {
  readonly userTurns: readonly string[]
  readonly system: readonly string[]
  readonly toolResults: readonly { readonly id: string; readonly text: string }[]
  readonly listings: readonly string[]
}

export interface SourcesInput {
  /** JSON text, or plain text. */
  readonly arguments: string
  readonly before: Before
  /** Whether all that the model saw is in `before`: only then can a value be said to be the model's own. */
  readonly complete: boolean
}

const TEXT_BUDGET = 256 * 1024
/** Characters that may be searched for one call: large contexts are searched for fewer values, never for longer. */
const SEARCH_BUDGET = 24 * 1024 * 1024

/** All texts behind each other, so that a value is searched once; in order of precedence, so that the first hit decides. */
interface Context {
  readonly text: string
  /** Start of each text and where it came from. */
  readonly parts: readonly { readonly at: number; readonly source: string }[]
  readonly userText: string
  /** Stems of the user's words, made when first asked for. */
  userWords: ReadonlySet<string> | undefined
  budget: number
}

/** Path → `user`, `tool_result:<id>`, `listing`, `system`, `model` or `unknown`. Trivial values are left out: they prove nothing. */
export function sourcesOf(input: SourcesInput): ReadonlyMap<string, string> {
  const sources = new Map<string, string>()
  const leaves = leavesOf(input.arguments)
  if (leaves.length === 0) return sources
  const context = contextOf(input.before)
  for (const leaf of leaves) {
    const value = normalise(leaf.text)
    if (isTrivial(value)) continue
    const found = context.text === '' ? undefined : sourceOf(value, context)
    sources.set(leaf.path, found ?? (input.complete && context.budget > 0 ? 'model' : 'unknown'))
  }
  return sources
}

const SEPARATOR = '\u0001'

/** The newest user turns and the newest results are kept when the budget of text runs out. */
function contextOf(before: Before): Context {
  let budget = TEXT_BUDGET
  const take = (source: string, text: string): { source: string; text: string } => {
    const kept = text.length > budget ? text.slice(0, budget) : text
    budget -= kept.length
    return { source, text: spaced(kept.toLowerCase()) }
  }
  const users = before.userTurns.toReversed().map((text) => take('user', text)).reverse()
  const results = before.toolResults.toReversed().map(({ id, text }) => take(`tool_result:${id}`, text)).reverse()
  const texts = [...users, ...results, ...before.listings.map((text) => take('listing', text)), ...before.system.map((text) => take('system', text))]
  const parts: { at: number; source: string }[] = []
  let at = 0
  for (const { source, text } of texts) {
    parts.push({ at, source })
    at += text.length + 1
  }
  const joined = (some: readonly { text: string }[]): string => some.map(({ text }) => text).join(SEPARATOR)
  return { text: joined(texts), parts, userText: joined(users), userWords: undefined, budget: SEARCH_BUDGET }
}

function sourceOf(value: string, context: Context): string | undefined {
  return firstHolding(value, context) ?? sourceOfAtoms(value, context) ?? sourceOfWords(value, context)
}

function firstHolding(value: string, context: Context): string | undefined {
  if ((context.budget -= context.text.length) < 0) return undefined
  let at = indexOfValue(context.text, value)
  if (at < 0 && /^\d{4,15}$/.test(value)) at = indexOfValue(context.text, Number(value).toLocaleString('en-US'))
  return at < 0 ? undefined : context.parts.findLast((part) => part.at <= at)?.source
}

const WORD = /[\p{L}\p{N}]/u
const HITS = 32

/** Where `text` holds `value` as a whole word or words, else -1. Looks at the first 32 hits. */
export function indexOfValue(text: string, value: string): number {
  let at = text.indexOf(value)
  for (let hit = 0; at >= 0 && hit < HITS; hit++) {
    if (!glued(text[at - 1], value[0]) && !glued(text[at + value.length], value.at(-1))) return at
    at = text.indexOf(value, at + 1)
  }
  return -1
}

const glued = (outside: string | undefined, inside: string | undefined): boolean =>
  outside !== undefined && inside !== undefined && WORD.test(outside) && WORD.test(inside)

/** Parts of a value that hardly ever stand in two texts by chance: URLs, e-mail addresses, paths, file names, ids. */
const DISTINCT = /[\d@/\\]|[^\s.]\.[^\s.]/
const BETWEEN = /[\s"'`()<>|,;=&{}[\]]+/
const ATOMS = 24

/** Normalised atoms of a normalised value, at most 24. */
export function atomsOf(value: string): readonly string[] {
  if (!DISTINCT.test(value)) return []
  const atoms: string[] = []
  for (const part of value.split(BETWEEN, ATOMS * 8)) {
    if (part.length < 5 || part.length > 200 || !DISTINCT.test(part)) continue
    const atom = normalise(part)
    if (!isTrivial(atom)) atoms.push(atom)
    if (atoms.length >= ATOMS) break
  }
  return atoms
}

/** A value made of parts comes from a tool's result if one of its parts does; from the user if all parts do. */
function sourceOfAtoms(value: string, context: Context): string | undefined {
  const atoms = atomsOf(value)
  if (atoms.length === 0) return undefined
  let user = 0
  let other: string | undefined
  for (const atom of atoms) {
    const source = firstHolding(atom, context) ?? firstHolding(baseName(atom), context)
    if (source === 'user') user++
    else if (source !== undefined && (other === undefined || source.startsWith('tool_result'))) other ??= source
  }
  return user === atoms.length ? 'user' : other
}

function baseName(atom: string): string {
  const name = atom.slice(Math.max(atom.lastIndexOf('/'), atom.lastIndexOf('\\')) + 1)
  return name.length >= 5 && name.includes('.') ? name : atom
}

/** A short phrase whose words all stand in the user's turn is the user's, whatever their order: "rent payment". */
function sourceOfWords(value: string, context: Context): string | undefined {
  if (value.length > 120 || context.userText === '' || !value.includes(' ')) return undefined
  const words = textWords(value, 12).filter((word) => word.length > 3)
  if (words.length < 2) return undefined
  const known = (context.userWords ??= new Set(textWords(context.userText).map(stem)))
  return words.every((word) => known.has(stem(word))) ? 'user' : undefined
}
