/** HTML as tagged templates: what is put in is text and is escaped, unless it was made by the same tag. */
import { htmlEscape } from 'escape-goat'

/** A piece of HTML that is safe as it stands. Only `html` and `trusted` make one. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type Part = Html | string | number | readonly Part[]

/** C0 and C1 controls but tab and newline, marks that change the direction or are not seen, line separators, lone surrogates. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|[\u{d800}-\u{dfff}]/gu
const named = (character: string): string => `\u27e8U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}\u27e9`

/** Text as people should see it: what would hide, or turn what stands beside it around, is named. */
export const visible = (text: string): string => text.replace(UNSEEN, named)

function textOf(part: Part): string {
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map(textOf).join('')
  return htmlEscape(visible(String(part)))
}

/** Text in places of it is escaped, for content and for attributes in double quotes. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(strings.map((piece, i) => piece + (i < parts.length ? textOf(parts[i] as Part) : '')).join(''))

/** For constants of ours alone, such as a style sheet. */
export const trusted = (constant: string): Html => new Html(constant)
