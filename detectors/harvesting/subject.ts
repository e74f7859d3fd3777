/** What a call that reads is about: the place it reads from, and the number or page there, if it names one. Cheap, as every such call pays for it. */
import type { Interaction } from '../../schemas/interaction.ts'
import { hash32 } from '../stats/distinct.ts'
import { remembering } from '../stats/remembering.ts'
import { termOf } from '../stats/terms.ts'

/** `id`: one of many numbered things; `page`: a stretch of a list by number; `cursor`: the next stretch by a mark that only the server understands. */
export type Walkable = 'id' | 'page' | 'cursor'

export interface Subject {
  /** Tool and parameter, or resource without its number. */
  readonly place: number
  /** Folder of the resource or table of the query, as 32 bits; -1 where none is named. */
  readonly area: number
  readonly kind: Walkable | ''
  /** The number, or a hash of the cursor. */
  readonly number: number
}

const MOST_DIGITS = 15
const LOOKED_AT = 256
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

function ofResource(resource: string): Subject {
  const slash = resource.lastIndexOf('/')
  const digits = lastDigits(resource, slash + 1, resource.length)
  const area = slash < 1 ? -1 : hash32(resource.slice(0, slash))
  if (digits === undefined) return { place: area < 0 ? 1 : area, area, kind: '', number: -1 }
  return { place: digits.from === slash + 1 ? area : termOf(resource.slice(0, digits.from)), area, kind: 'id', number: Number(resource.slice(digits.from, digits.to)) }
}

/** What the value of a parameter of this name tells. `limit` or `year` tell nothing. */
const kindOfKey = remembering((key: string): Walkable | 'none' =>
  /(?:cursor|page_?token|next_?token|continuation|marker|after|starting_?after)$/i.test(key) ? 'cursor'
    : /(?:^|_|[a-z])(?:page|offset|skip|start|start_?at|page_?number|first_?row)$/i.test(key) ? 'page'
      : /(?:^|_)(?:id|no|nr|num|number|key|index|seq|customer|account|order|invoice|ticket|user|employee|record|row)$|[a-z](?:Id|ID|No|Number|Index|Key)$|^id$/i.test(key) ? 'id' : 'none')

const COLON = '":'

/** The first parameter that names a number or a page. */
function ofArguments(tool: string, text: string): Subject | undefined {
  for (let colon = text.indexOf(COLON); colon > 0 && colon < LOOKED_AT; colon = text.indexOf(COLON, colon + 2)) {
    const open = text.lastIndexOf('"', colon - 1)
    const key = text.slice(open + 1, colon)
    if (key.length > 40) continue
    const kind = kindOfKey(key)
    if (kind === 'none') continue
    const found = valueAt(text, colon + 2, kind)
    if (found !== undefined) return { place: placeOf(tool, key), area: -1, kind, number: found }
  }
  return undefined
}

const placeOf = (tool: string, key: string): number => (termOfName(tool) ^ termOfName(key)) & 0x3fffffff
const termOfName = remembering(termOf)

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

/** Undefined where the call reads nothing that can be told from another. */
export function subjectOf({ method, tool, effect, resource, arguments: args }: Interaction): Subject | undefined {
  if (resource !== '') return ofResource(resource.length > 512 ? resource.slice(0, 512) : resource)
  if (method !== 'tools/call' || args.length < 8 || (effect !== 'read' && effect !== 'unknown')) return undefined
  return ofArguments(tool, args) ?? { place: 0, area: tableIn(args), kind: '', number: -1 }
}
