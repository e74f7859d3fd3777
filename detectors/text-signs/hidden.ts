/** Characters that a person does not see and a model reads, and the text as the model reads it. Linear. */

export interface Unhidden {
  /** Without what is invisible; spoken in the tag block, it is put into letters behind the rest. */
  readonly text: string
  readonly reasons: readonly string[]
}

/** Tags (a copy of ASCII that no font shows). */
const TAGS = /[\u{e0020}-\u{e007e}]+/gu
/** A flag of a region is an emoji: a black flag, some tags, a cancel tag. */
const FLAG = /\u{1f3f4}[\u{e0020}-\u{e007e}]{1,8}\u{e007f}/gu
/** Of no width. The joiners stand rightly between letters of Arabic or Indic scripts and in emoji. */
const ZERO_WIDTH = /[\u200b\u2060\u2061-\u2064\ufeff\u180e]|(?<=[A-Za-z0-9])[\u200c\u200d](?=[A-Za-z0-9])/gu
const BIDI = /[\u202a-\u202e\u2066-\u2069]/g
/** Overrides turn what is shown around; isolates and embeddings are how mixed scripts are written. */
const BIDI_OVERRIDE = /[\u202d\u202e]/
/** Variation selectors carry bytes when many follow each other. */
const SELECTORS = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{3,}/gu
const TERMINAL = /\u001b\[[0-9;]{0,20}[A-Za-z]/g
const CONCEALED = /\u001b\[(?:[0-9;]{0,16};)?(?:8|30;40|37;47)m/

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** Whether there is anything to look for: nearly all text has nothing. */
const ANY = /[\u001b\u180e\u200b-\u200d\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]|[\u{e0020}-\u{e007f}\u{e0100}-\u{e01ef}]/u

/** How many characters of no width a text may have by accident: a byte order mark, a soft break from a web page. */
const BY_ACCIDENT = 3

export function unhide(text: string): Unhidden {
  if (!ANY.test(text)) return { text, reasons: [] }
  const reasons: string[] = []
  const rest = text.replaceAll(FLAG, '')
  const spoken = [...rest.matchAll(TAGS)].map(([run]) => [...run].map((char) => String.fromCharCode((char.codePointAt(0) ?? 0) - 0xe0000)).join('')).join(' ')
  if (spoken !== '') reasons.push(plural(spoken.length, 'character') + ' of the invisible tag block')
  const zero = [...rest.matchAll(ZERO_WIDTH)].length
  // Between two letters, or one behind the other where a sentence begins: no program that breaks lines puts them there.
  const within = /[A-Za-z][\u200b\u2060\ufeff][A-Za-z]|[.!?][\u200b\u2060\ufeff]{2}\s?[A-Za-z]/.test(rest)
  if (zero > BY_ACCIDENT || within) reasons.push(plural(zero, 'character') + ' of no width')
  if (BIDI_OVERRIDE.test(rest)) reasons.push('letters shown in another order than they are read')
  if (SELECTORS.test(rest)) reasons.push('a run of variation selectors')
  SELECTORS.lastIndex = 0
  if (CONCEALED.test(rest)) reasons.push('terminal codes that hide text')
  const seen = rest.replaceAll(TAGS, '').replaceAll(ZERO_WIDTH, '').replaceAll(BIDI, '').replaceAll(SELECTORS, '').replaceAll(TERMINAL, '')
  return { text: spoken === '' ? seen : `${seen}\n\n${spoken}`, reasons }
}

const CONFUSED: ReadonlyMap<string, string> = new Map(Object.entries({
  а: 'a', е: 'e', о: 'o', р: 'p', с: 'c', у: 'y', х: 'x', і: 'i', ј: 'j', ѕ: 's', һ: 'h', ԁ: 'd', ԛ: 'q', ԝ: 'w', в: 'b', к: 'k', м: 'm', н: 'h', т: 't', ɡ: 'g', ո: 'n', օ: 'o', ս: 'u',
  α: 'a', ο: 'o', ρ: 'p', υ: 'u', ν: 'v', ι: 'i', κ: 'k', τ: 't', ε: 'e', А: 'A', В: 'B', Е: 'E', К: 'K', М: 'M', Н: 'H', О: 'O', Р: 'P', С: 'C', Т: 'T', Х: 'X', І: 'I',
}))
const MIXED = /[A-Za-z][\u0370-\u058f]|[\u0370-\u058f][A-Za-z]/
const ODD = /[\u0370-\u058f\u2100-\u214f\uff01-\uff5e]|[\u{1d400}-\u{1d7ff}]/u

/** Letters that look like Latin ones, as those; full width and mathematical letters as plain ones. A script of its own stays as it is. */
export function lookLatin(text: string): string {
  if (!ODD.test(text)) return text
  const plain = text.normalize('NFKC')
  return MIXED.test(plain) ? plain.replaceAll(/[\u0370-\u058f]/g, (char) => CONFUSED.get(char) ?? char) : plain
}

/** `i g n o r e`, `i.g.n.o.r.e`. */
const SPACED = /(?<![\p{L}\p{N}])(?:\p{L}[ .*_-]){4,40}\p{L}(?![\p{L}\p{N}])/gu
const SPACED_ANYWHERE = /[a-z][ .*_-][a-z][ .*_-][a-z][ .*_-][a-z][ .*_-][a-z]/i

/** Words whose letters stand apart, put together. */
export const joined = (text: string): string => (SPACED_ANYWHERE.test(text) ? text.replaceAll(SPACED, (run) => run.replaceAll(/[ .*_-]/g, '')) : text)
