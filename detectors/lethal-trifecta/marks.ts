/** What a call brings into a lineage, read from names: words that strangers wrote, or what is not meant for everybody. */
import type { Interaction } from '../../schemas/interaction.ts'
import { nameWords, stem } from '../request-fit/words.ts'
import { remembering } from '../stats/remembering.ts'

/** Bits of a lineage. */
export const UNTRUSTED = 1
export const PRIVATE = 2
export const SENSITIVE = 4

const stems = (words: string): ReadonlySet<string> => new Set(words.split(' ').map(stem))

/** Where anybody may write. */
const OPEN = stems('web website webpage url http https browse browser page crawl scrape fetch mail email inbox message comment issue ticket review feedback feed rss news forum thread ' +
  'tweet chat attachment discussion newsletter voicemail sms dm pr')
/** What somebody would miss if it left. */
const OWN = stems('customer client employee staff user member lead patient invoice bank account balance transaction statement contact calendar profile database db sql query table row ' +
  'record crm drive document doc note file repository repo memory order ledger report mail email inbox finance')
const GUARDED = stems('secret secrets credential password passphrase vault env keychain payroll salary medical health diagnosis ssn passport private personal confidential hr apikey privatekey')

const marksOfName = remembering((tool: string): number => {
  let marks = 0
  for (const word of nameWords(tool)) {
    const key = stem(word)
    if (OPEN.has(key)) marks |= UNTRUSTED
    if (OWN.has(key)) marks |= PRIVATE
    if (GUARDED.has(key)) marks |= PRIVATE | SENSITIVE
  }
  return marks
})

/** Kinds of personal data that are in half of all results. */
const COMMON = /^result:(?:email|phone|truncated|unscanned)$/
const held = (redacted: readonly string[]): boolean => redacted.length > 0 && redacted.some((one) => one.startsWith('result:') && !COMMON.test(one))

/** Marks of a call that read something and got it; 0 for all others. */
export function marksOf({ tool, effect, outcome, resource, result_bytes, redacted }: Interaction): number {
  if ((outcome !== 'ok' && outcome !== 'unknown') || result_bytes === 0n) return 0
  if (effect !== 'read' && effect !== 'execute' && effect !== 'unknown') return 0
  // What a command prints is of our own machines.
  const marks = marksOfName(tool) | (resource.startsWith('http') && resource.includes('://') ? UNTRUSTED : 0) | (effect === 'execute' ? PRIVATE : 0)
  return held(redacted) ? marks | PRIVATE | SENSITIVE : marks
}
