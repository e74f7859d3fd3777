/** What single characters are to whoever cuts a text into words. One look into a table a character, as all text goes through here. */

/** Kinds: of a word; blanks; ends of sentences; of addresses and paths beyond words. */
export const WORD = 1
export const SPACE = 2
export const END = 4
export const REST = 8
/** What characters of a word tell about it. */
export const CAPITAL = 16
export const UNDERSCORE = 32
export const DIGIT = 64
export const LETTER = 128
/** Not ASCII, or a hyphen or apostrophe. */
export const FOREIGN = 256

const ASCII = 128
const KINDS = new Uint8Array(ASCII)
const put = (chars: string, kind: number): void => {
  for (const char of chars) KINDS[char.charCodeAt(0)] = kind
}
put('abcdefghijklmnopqrstuvwxyz', WORD | LETTER)
put('ABCDEFGHIJKLMNOPQRSTUVWXYZ', WORD | LETTER | CAPITAL)
put('0123456789', WORD | DIGIT)
put('_', WORD | UNDERSCORE)
put(' \t\r\n\f\v', SPACE)
put('.!?;', END | REST)
put('/-~%&=+#@,$*()|[]:', REST)

/** Kind and marks. Beyond ASCII: signs and blanks; all else is letters. */
export const kindOf = (code: number): number => (code < ASCII ? (KINDS[code] as number) : foreignKind(code))

function foreignKind(code: number): number {
  if (code === 0x3002 || code === 0xff01 || code === 0xff1f || code === 0xff1b) return END
  if (code < 0xc0 && code !== 0xaa && code !== 0xb5 && code !== 0xba) return code === 0xa0 ? SPACE : 0
  return (code >= 0x2000 && code <= 0x206f) || (code >= 0x2190 && code <= 0x2bff) || (code >= 0x3000 && code <= 0x303f) || code === 0xff0c ? 0 : WORD | FOREIGN
}

/** What may stand within a word: `don't`, `brute-force`. */
export const joins = (code: number): boolean => code === 0x27 || code === 0x2d || code === 0x2019

/** Hash of a word, a character at a time; capitals count as small letters. */
export const hashOn = (hash: number, code: number): number => (Math.imul(hash, 31) + (code | 0x20)) | 0
