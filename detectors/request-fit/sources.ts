/**
 * Where each argument value of a call came from: the user's words, a tool's result, a listing, the system prompt, or nothing that
 * was visible. Equality of normalised text only, so that every answer can be shown to a person. Texts are cut at
 * 256 KiB together, values at 4,096 characters and 64 leaves, and the characters searched for one call are bounded.
 */
import { isTrivial, type Leaf, leavesOf, normalise } from '../arguments/values.ts'
import { type Before, type Found, type FoldedTexts, Said, type TokenOf } from './said.ts'
import { stem, textWords } from './words.ts'

export interface SourcesInput {
  /** JSON text, or plain text. */
  readonly arguments: string
  readonly before: Before
  /** Whether all that the model saw is in `before`: only then can a value be said to be the model's own. */
  readonly complete: boolean
  /** Texts of the trace that were folded before. */
  readonly folded?: FoldedTexts | undefined
  /** Without it a redacted value is found only where the others are redacted too. */
  readonly tokenOf?: TokenOf | undefined
}

/** Values of one call. */
export interface Traced {
  /** Path → `user`, `tool_result:<id>`, `listing`, `system`, `model` or `unknown`. Trivial values are left out: they prove nothing. */
  readonly sources: Map<string, string>
  /** Path → the folded text under which the value stands there, where that is not the normalised value. */
  readonly standing: ReadonlyMap<string, string>
}

/** As `Traced.sources`. */
export const sourcesOf = (input: SourcesInput): ReadonlyMap<string, string> => traced(input).sources

export function traced(input: SourcesInput): Traced {
  const sources = new Map<string, string>()
  const standing = new Map<string, string>()
  const leaves = valuesIn(input.arguments)
  if (leaves.length === 0) return { sources, standing }
  const context: Context = { said: new Said(input.before, { texts: input.folded, tokenOf: input.tokenOf }), userWords: undefined }
  for (const leaf of leaves) {
    const value = normalise(leaf.text)
    if (isTrivial(value)) continue
    const found = context.said.isEmpty ? undefined : placeOf({ value, text: leaf.text }, context)
    sources.set(leaf.path, found?.source ?? (input.complete && context.said.isWithinBudget ? 'model' : 'unknown'))
    if (found !== undefined && found.standing !== '' && found.standing !== value) standing.set(leaf.path, found.standing)
  }
  return { sources, standing }
}

interface Context {
  readonly said: Said
  /** Stems of the user's words, made when first asked for. */
  userWords: ReadonlySet<string> | undefined
}

const LEAVES = 64

/** The values of a call's arguments. JSON in a text is read as well: its values stand under the path of the text. */
export function valuesIn(text: string): readonly Leaf[] {
  const leaves = leavesOf(text)
  if (!leaves.some(isPacked)) return leaves
  return leaves.flatMap((leaf) => {
    const inner = isPacked(leaf) ? leavesOf(leaf.text) : []
    const whole = inner.length === 0 || (inner.length === 1 && inner[0]?.path === '$')
    return whole ? [leaf] : inner.map(({ path, key, text }) => ({ path: leaf.path + path.slice(1), key, text }))
  }).slice(0, LEAVES)
}

const isPacked = ({ path, text }: Leaf): boolean => path !== '$' && ((text.startsWith('{') && text.endsWith('}')) || (text.startsWith('[') && text.endsWith(']')))

const placeOf = ({ value, text }: { readonly value: string; readonly text: string }, context: Context): Found | undefined =>
  context.said.find(value) ?? context.said.findRedacted(text) ?? placeOfAtoms(value, context) ?? placeOfWords(value, context)

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
function placeOfAtoms(value: string, { said }: Context): Found | undefined {
  const atoms = atomsOf(value)
  if (atoms.length === 0) return undefined
  let user = 0
  let other: string | undefined
  for (const atom of atoms) {
    const source = (said.find(atom) ?? said.indexOf(nameOf(atom)))?.source
    if (source === 'user') user++
    else if (source !== undefined && (other === undefined || source.startsWith('tool_result'))) other ??= source
  }
  const source = user === atoms.length ? 'user' : other
  return source === undefined ? undefined : { source, standing: '' }
}

const HOST = /^(?:[a-z][a-z0-9+.-]{1,20}:\/\/)?(?:[^\s/@]{1,64}@)?((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})(?::\d{1,5})?[/?#]/

/** What of an address or path is enough to know it by: the host, or the name of a file. */
function nameOf(atom: string): string {
  const host = HOST.exec(atom)?.[1]
  if (host !== undefined) return host.startsWith('www.') ? host.slice(4) : host
  const name = atom.slice(Math.max(atom.lastIndexOf('/'), atom.lastIndexOf('\\')) + 1)
  return name.length >= 5 && name.includes('.') ? name : atom
}

/** A short phrase whose words all stand in the user's turn is the user's, whatever their order: "rent payment". */
function placeOfWords(value: string, context: Context): Found | undefined {
  const { said } = context
  if (value.length > 120 || said.userText === '' || !value.includes(' ')) return undefined
  const words = textWords(value, 12).filter((word) => word.length > 3)
  if (words.length < 2) return undefined
  const known = (context.userWords ??= new Set(textWords(said.userText).map(stem)))
  return words.every((word) => known.has(stem(word))) ? { source: 'user', standing: '' } : undefined
}
