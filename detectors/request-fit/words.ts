/**
 * Words of tool names and of what people write, cut the same way, so that `sendEmails`, `send_email` and "e-mailed" meet.
 * Linear in the text; callers bound its length.
 */

const LOWER = /[a-z]/
const UPPER = /[A-Z]/

/** Tools are few and called often; bounded, so that made-up names only cost what they did before. */
const REMEMBERED = 4_096
const remembered = new Map<string, readonly string[]>()

/** `getQ3Report`, `get_q3-report`, `HTTPServer` → words in lower case, at most 24. */
export function nameWords(name: string): readonly string[] {
  const known = remembered.get(name)
  if (known !== undefined) return known
  const words = cutName(name)
  if (remembered.size >= REMEMBERED) remembered.clear()
  if (name.length <= LONGEST_NAME) remembered.set(name, words)
  return words
}

const LONGEST_NAME = 200

function cutName(name: string): readonly string[] {
  const words: string[] = []
  let word = ''
  const end = Math.min(name.length, LONGEST_NAME)
  for (let at = 0; at < end; at++) {
    const char = name[at] ?? ''
    const startsWord = UPPER.test(char) && (LOWER.test(name[at - 1] ?? '') || (LOWER.test(name[at + 1] ?? '') && word !== ''))
    const isWord = /[A-Za-z0-9]/.test(char)
    if ((startsWord || !isWord) && word !== '') {
      words.push(word.toLowerCase())
      word = ''
    }
    if (isWord) word += char
  }
  if (word !== '') words.push(word.toLowerCase())
  return words.slice(0, 24)
}

const TEXT_WORD = /\p{L}[\p{L}\p{N}'’]*/gu
/** The same for plain ASCII, several times as fast. */
const ASCII_WORD = /[a-z][a-z0-9']*/g
const ASCII = /^[\x00-\x7f]*$/
const LETTERS = 12

/** Words of running text in lower case, at most `limit`; "e-mail" counts as `email`. Reads no further than that many words can reach. */
export function textWords(text: string, limit = 400): string[] {
  const low = text.slice(0, limit * LETTERS).toLowerCase()
  const words = (low.includes('e-mail') ? low.replaceAll('e-mail', 'email') : low).match(ASCII.test(low) ? ASCII_WORD : TEXT_WORD) ?? []
  return words.length > limit ? words.slice(0, limit) : words
}

const VOWEL = /[aeiouy]/

/**
 * A light English stem: enough for plural, -ing, -ed and -tion to meet their verb; lexicons are stemmed by the same function,
 * so it need not be a word.
 */
export function stem(word: string): string {
  let out = word
  if (out.length > 4 && out.endsWith('ies')) out = `${out.slice(0, -3)}y`
  else if (out.length > 3 && out.endsWith('s') && !out.endsWith('ss') && !out.endsWith('us')) out = out.slice(0, -1)
  if (out.length > 5 && out.endsWith('ing') && VOWEL.test(out.slice(0, -3))) out = undouble(out.slice(0, -3))
  else if (out.length > 4 && out.endsWith('ied')) out = `${out.slice(0, -3)}y`
  else if (out.length > 4 && out.endsWith('ed') && VOWEL.test(out.slice(0, -2))) out = undouble(out.slice(0, -2))
  return out.length > 3 && out.endsWith('e') ? out.slice(0, -1) : out
}

function undouble(word: string): string {
  const last = word.at(-1)
  return last === word.at(-2) && last !== 'l' && last !== 's' ? word.slice(0, -1) : word
}

const ENGLISH = new Set(
  'the a an to of and in on at my me i is are was be please for with from that this it what which who how when can could you all any if'.split(' '),
)

/** Whether the words read as English: a tenth of them, and at least one, are its commonest ones, or there are hardly any words. */
export function looksEnglish(words: readonly string[]): boolean {
  let common = 0
  for (const word of words) if (ENGLISH.has(word)) common++
  return common > 0 && common * 10 >= words.length
}
