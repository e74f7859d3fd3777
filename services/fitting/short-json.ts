/** JSON in less room, by the text: its long strings are cut in place, everything else stays as it was written. Linear in the text, pure. */
import { isJson } from '../../schemas/json-text.ts'

/** Strings are not cut below that: then it is many values that make it long. */
const LEAST = 32

/** The first `characters` units, never half a surrogate pair. */
export function headOf(text: string, characters: number): string {
  const last = text.charCodeAt(characters - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? characters - 1 : characters)
}

/** Still JSON, of at most `characters` units; undefined where the text is no JSON object or list, or does not get that short by cutting strings. */
export function shortJson(text: string, characters: number): string | undefined {
  if (!/^\s*[{[]/.test(text) || !isJson(text)) return undefined
  for (let most = characters >>> 1; most >= LEAST; most >>>= 1) {
    const cut = withStringsOf(text, most)
    if (cut.length <= characters) return cut
  }
  return undefined
}

/** Names of fields stay whole: half of one is another. */
function withStringsOf(text: string, most: number): string {
  let out = ''
  let kept = 0
  for (let at = text.indexOf('"'); at !== -1;) {
    const end = endOf(text, at)
    if (end - at - 1 > most && !/^\s*:/.test(text.slice(end + 1, end + 64))) {
      out += `${text.slice(kept, at + 1)}${rawHead(text.slice(at + 1, end), most)}`
      kept = end
    }
    at = text.indexOf('"', end + 1)
  }
  return out + text.slice(kept)
}

/** The quote that ends the string whose first quote is at `start`. */
function endOf(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

/** The beginning of what stands between two quotes, never half an escape. */
function rawHead(raw: string, most: number): string {
  let at = 0
  for (;;) {
    const next = at + (raw[at] !== '\\' ? 1 : raw[at + 1] === 'u' ? 6 : 2)
    if (next > most) return headOf(raw, at)
    at = next
  }
}
