/** What a call that reads is about: the number or page it names, or the table. Cheap, as every such call pays for it. */
import type { Interaction } from '../../schemas/interaction.ts'
import { hash32 } from '../stats/distinct.ts'
import { remembering } from '../stats/remembering.ts'
import { termOf } from '../stats/terms.ts'

/** `id`: one of many numbered things; `page`: a stretch of a list by number; `cursor`: the next stretch by a mark that only the server understands. */
export type Walkable = 'id' | 'page' | 'cursor'

export interface Subject {
  /** Where the number stands: in the resource, or in the arguments behind a parameter of this name. */
  readonly key: string
  readonly kind: Walkable | ''
  /** The number, or a hash of the cursor; -1 where there is none. */
  readonly number: number
  /** Of a query, its table as 32 bits; -1 for all others. */
  readonly table: number
}

const MOST_DIGITS = 15
const LOOKED_AT = 256
const LONGEST_RESOURCE = 512
const NAME_BACK = 24
const isDigit = (code: number): boolean => code >= 48 && code <= 57

interface Digits {
  readonly from: number
  readonly to: number
}

/** The last run of digits that ends within `NAME_BACK` characters before `end`, not before `start`. */
function lastDigits(text: string, start: number, end: number): Digits | undefined {
  let to = end
  for (; to > start && end - to < NAME_BACK && !isDigit(text.charCodeAt(to - 1)); to--);
  if (to <= start || !isDigit(text.charCodeAt(to - 1))) return undefined
  let from = to
  for (; from > start && to - from < MOST_DIGITS && isDigit(text.charCodeAt(from - 1)); from--);
  return { from, to }
}

function ofResource(resource: string): Subject | undefined {
  const end = Math.min(resource.length, LONGEST_RESOURCE)
  const slash = resource.lastIndexOf('/', end)
  const digits = lastDigits(resource, slash + 1, end)
  return digits === undefined ? undefined : { key: '', kind: 'id', number: Number(resource.slice(digits.from, digits.to)), table: -1 }
}

/** What the value of a parameter of this name tells. `limit` or `year` tell nothing. */
const kindOfKey = remembering((key: string): Walkable | 'none' =>
  /(?:cursor|page_?token|next_?token|continuation|marker|after|starting_?after)$/i.test(key) ? 'cursor'
    : /(?:^|_|[a-z])(?:page|offset|skip|start|start_?at|page_?number|first_?row)$/i.test(key) ? 'page'
      : /(?:^|_)(?:id|no|nr|num|number|key|index|seq|customer|account|order|invoice|ticket|user|employee|record|row)$|[a-z](?:Id|ID|No|Number|Index|Key)$|^id$/i.test(key) ? 'id' : 'none')

const COLON = '":'

/** The first parameter that names a number or a page. */
function ofArguments(text: string): Subject | undefined {
  for (let colon = text.indexOf(COLON); colon > 0 && colon < LOOKED_AT; colon = text.indexOf(COLON, colon + 2)) {
    const open = text.lastIndexOf('"', colon - 1)
    const key = text.slice(open + 1, colon)
    if (key.length > 40) continue
    const kind = kindOfKey(key)
    if (kind === 'none') continue
    const found = valueAt(text, colon + 2, kind)
    if (found !== undefined) return { key, kind, number: found, table: -1 }
  }
  return undefined
}

/** The number that stands there, in quotes or not: `7`, `"CUST-0007"`; of a cursor a hash. */
function valueAt(text: string, after: number, kind: Walkable): number | undefined {
  let at = after
  while (text.charCodeAt(at) === 32) at++
  const isQuoted = text.charCodeAt(at) === 34
  const end = isQuoted ? text.indexOf('"', at + 1) : endOfNumber(text, at)
  if (end <= at || end - at > 512) return undefined
  if (kind === 'cursor') return hash32(text.slice(at, end))
  if (end - at > 66) return undefined
  const digits = lastDigits(text, isQuoted ? at + 1 : at, end)
  return digits === undefined ? undefined : Number(text.slice(digits.from, digits.to))
}

function endOfNumber(text: string, at: number): number {
  let end = at
  while (end < at + MOST_DIGITS && isDigit(text.charCodeAt(end))) end++
  return end
}

const FROM = [' from ', ' FROM ', ' From '] as const
const isName = (code: number): boolean => isDigit(code) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === 46

/** The first table of a query. */
function tableIn(text: string): number {
  for (const word of FROM) {
    const from = text.indexOf(word)
    if (from < 0 || from > 4_096) continue
    let end = from + word.length
    while (end < from + 120 && isName(text.charCodeAt(end))) end++
    return end - from - word.length < 2 ? -1 : hash32(text.slice(from + word.length, end).toLowerCase())
  }
  return -1
}

let last: { readonly of: Interaction; readonly subject: Subject | undefined } | undefined
const NOTHING: Subject = { key: '', kind: '', number: -1, table: -1 }

/** Undefined where the call reads nothing that has a name. Remembered for the interaction asked about last. */
export function subjectOf(interaction: Interaction): Subject | undefined {
  if (last?.of !== interaction) last = { of: interaction, subject: read(interaction) }
  return last.subject
}

function read({ method, effect, resource, arguments: args }: Interaction): Subject | undefined {
  if (resource !== '') return ofResource(resource) ?? NOTHING
  if (method !== 'tools/call' || args.length < 8 || (effect !== 'read' && effect !== 'unknown')) return undefined
  const found = ofArguments(args)
  if (found !== undefined) return found
  const table = tableIn(args)
  return table < 0 ? NOTHING : { ...NOTHING, table }
}

/** The place in which numbers go on: the tool and its parameter, or the resource without its number. 30 bits. */
export function placeOf({ resource, tool }: Interaction, { key }: Subject): number {
  if (resource === '') return termOf(`${tool} ${key}`)
  const slash = resource.lastIndexOf('/')
  return termOf(resource.slice(0, slash + 1))
}
