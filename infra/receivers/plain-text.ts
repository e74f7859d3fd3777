/** Strangers' text made fit to be shown: nothing hidden in it, nothing that turns its direction, and no longer than there is room. Pure. */

/** Controls, what is not seen, what turns the direction of text, tags, private use for such ends. */
const UNSEEN = /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu
const BREAKS = /[\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g
/** Marks that are piled on one letter reach into the lines around it. */
const PILED = /(\p{M}{3})\p{M}+/gu

/** On one line; lone surrogates become U+FFFD. */
export const plain = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd').replace(UNSEEN, '').replace(PILED, '$1').replace(BREAKS, ' ').trim()

/** The same, with its lines kept: for queries. */
export const plainLines = (text: string): string => text.split(/\r?\n/).map((line) => `${/^ */.exec(line)?.[0] ?? ''}${plain(line)}`).join('\n').trim()

/** At most so many UTF-16 units, cut between characters, and said so. */
export function clip(text: string, longest: number): string {
  if (text.length <= longest) return text
  const end = longest - 1
  const last = text.charCodeAt(end - 1)
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end).trimEnd()}…`
}
