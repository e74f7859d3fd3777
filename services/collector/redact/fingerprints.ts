/** What emitters send as a token's fingerprint. Some send the token itself: that is replaced by a keyed hash, which is a fingerprint, too. */
import { EMITTERS } from '../normalise/emitters/list.ts'
import { RAW_TOKEN } from './kinds.ts'
import { clean, type Work } from './work.ts'

/** Attributes that a fingerprint is read from. */
export const FINGERPRINT_KEYS: ReadonlySet<string> = new Set(EMITTERS.flatMap(({ fields }) => (fields.token_fingerprint ?? []).map(({ key }) => key)))

/** Shorter ones open nothing. */
const SHORTEST_TOKEN = 16
/** A digest or an id in hex, plain or in groups, that may say before it what it is. */
const HEX = /^(?:[A-Za-z0-9]{1,16}[:=_-])?(?:[0-9a-f]+(?:[:-][0-9a-f]+)*|[0-9A-F]+(?:[:-][0-9A-F]+)*)$/
/** A digest in base64 that says how it was made. */
const NAMED_DIGEST = /^(?:hmac[-_]?)?(?:sha|md5|blake)[A-Za-z0-9/_-]{0,12}[:=]/i
/** Words and small numbers: somebody's name for it. */
const LABEL = /^(?:[A-Za-z]{1,14}|\d{1,8})(?:[-_. :/@](?:[A-Za-z]{1,14}|\d{1,8}))*$/

const isRawToken = (text: string): boolean => text.length >= SHORTEST_TOKEN && !HEX.test(text) && !NAMED_DIGEST.test(text) && !LABEL.test(text)

/** As it was sent, unless it is a token itself. */
export function cleanFingerprint(text: string, work: Work): string {
  const cleaned = clean(text, work)
  if (cleaned !== text || !isRawToken(text)) return cleaned
  const token = work.scan.token(RAW_TOKEN.kind, text)
  work.noteFound()
  return token
}
