/**
 * Where each argument value of a call came from: the user's words, a tool's result, a listing, the system prompt, or nothing that
 * was visible. Equality of normalised text only, so that every answer can be shown to a person. Linear in the texts per value;
 * texts are cut at 256 KiB together, values at 4,096 characters and 64 leaves.
 */
import { isTrivial, type Leaf, leavesOf, normalise, spaced } from '../arguments/values.ts'
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

interface Haystack {
  readonly source: string
  readonly text: string
  /** Stems, made when first asked for. */
  words?: ReadonlySet<string>
}

const wordsOf = (haystack: Haystack): ReadonlySet<string> => (haystack.words ??= new Set(textWords(haystack.text).map(stem)))

/** Path → `user`, `tool_result:<id>`, `listing`, `system`, `model` or `unknown`. Trivial values are left out: they prove nothing. */
export function sourcesOf(input: SourcesInput): ReadonlyMap<string, string> {
  const sources = new Map<string, string>()
  const leaves = leavesOf(input.arguments)
  if (leaves.length === 0) return sources
  const haystacks = haystacksOf(input.before)
  if (haystacks.length === 0 && !input.complete) return allUnknown(leaves)
  for (const leaf of leaves) {
    const value = normalise(leaf.text)
    if (isTrivial(value)) continue
    sources.set(leaf.path, sourceOf(value, haystacks) ?? (input.complete ? 'model' : 'unknown'))
  }
  return sources
}

function allUnknown(leaves: readonly Leaf[]): ReadonlyMap<string, string> {
  const sources = new Map<string, string>()
  for (const leaf of leaves) if (!isTrivial(normalise(leaf.text))) sources.set(leaf.path, 'unknown')
  return sources
}

/** In order of precedence; the newest user turns and the newest results are kept when the budget runs out. */
function haystacksOf(before: Before): readonly Haystack[] {
  let budget = TEXT_BUDGET
  const take = (source: string, text: string): Haystack[] => {
    const kept = text.slice(0, Math.max(0, budget))
    budget -= kept.length
    return kept === '' ? [] : [{ source, text: spaced(kept.toLowerCase()) }]
  }
  const users = before.userTurns.toReversed().flatMap((text) => take('user', text)).toReversed()
  const results = before.toolResults.toReversed().flatMap(({ id, text }) => take(`tool_result:${id}`, text)).toReversed()
  return [...users, ...results, ...before.listings.flatMap((text) => take('listing', text)), ...before.system.flatMap((text) => take('system', text))]
}

function sourceOf(value: string, haystacks: readonly Haystack[]): string | undefined {
  return firstHolding(value, haystacks) ?? sourceOfAtoms(value, haystacks) ?? sourceOfWords(value, haystacks)
}

function firstHolding(value: string, haystacks: readonly Haystack[]): string | undefined {
  for (const { source, text } of haystacks) if (holds(text, value)) return source
  const grouped = thousands(value)
  return grouped === value ? undefined : haystacks.find(({ text }) => holds(text, grouped))?.source
}

const thousands = (value: string): string => (/^\d{4,15}$/.test(value) ? Number(value).toLocaleString('en-US') : value)

const WORD = /[\p{L}\p{N}]/u
const HITS = 8

/** Whether `text` holds `value` with no letter or digit glued to a word-like end of it. */
export function holds(text: string, value: string): boolean {
  return indexOfValue(text, value) >= 0
}

/** Where `text` holds `value` as a whole word or words, else -1. Looks at the first 8 hits. */
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
function sourceOfAtoms(value: string, haystacks: readonly Haystack[]): string | undefined {
  const atoms = atomsOf(value)
  if (atoms.length === 0) return undefined
  let user = 0
  let other: string | undefined
  for (const atom of atoms) {
    const source = firstHolding(atom, haystacks) ?? firstHolding(baseName(atom), haystacks)
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
function sourceOfWords(value: string, haystacks: readonly Haystack[]): string | undefined {
  if (value.length > 120) return undefined
  const words = textWords(value, 12).filter((word) => word.length > 3)
  if (words.length < 2) return undefined
  return haystacks.find((one) => one.source === 'user' && words.every((word) => wordsOf(one).has(stem(word))))?.source
}
