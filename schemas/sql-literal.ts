/** Text as part of ClickHouse SQL that people copy, read and run: nothing in it can end the literal or hide. */

/** C0 and C1 controls, marks that change the direction or are not seen, line separators; and what ends or escapes a literal. */
const UNSAFE = /[\\'\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

const escapeOf = (character: string): string => {
  if (character === '\\' || character === "'") return `\\${character}`
  return [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}

/** `text` as a quoted ClickHouse string literal, printable as it is. Lone surrogates become U+FFFD. */
export const sqlText = (text: string): string => `'${Buffer.from(text).toString().replace(UNSAFE, escapeOf)}'`

/** Texts as a list for `IN`; an empty list matches nothing. */
export const sqlTexts = (texts: readonly string[]): string => (texts.length === 0 ? '(NULL)' : `(${texts.map(sqlText).join(', ')})`)

/** The last second of 2261: what a DateTime64(9) can hold ends in April 2262. */
const LATEST = 9_214_646_399_999_999_999n

/** Nanoseconds since 1970 as a DateTime64(9) expression in UTC. Times outside 1970–2261 are brought to the border. */
export function sqlTime(nanoseconds: bigint): string {
  const inside = nanoseconds < 0n ? 0n : nanoseconds > LATEST ? LATEST : nanoseconds
  const seconds = new Date(Number(inside / 1_000_000_000n) * 1000).toISOString().slice(0, 19).replace('T', ' ')
  return `toDateTime64('${seconds}.${String(inside % 1_000_000_000n).padStart(9, '0')}', 9, 'UTC')`
}
