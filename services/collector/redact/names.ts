/** Which field names say that their value is a secret. */

/** Endings that say it alone: `dbPassword`, `npmaccesstoken`. */
const SECRET_ENDINGS = [
  'password', 'passwords', 'passwd', 'passphrase', 'passcode', 'pwd', 'secret', 'secrets', 'token', 'credential', 'credentials', 'authorization',
  'cookie', 'cookies', 'apikey', 'apikeys', 'accesskey', 'secretkey', 'privatekey', 'authkey', 'passwort', 'connectionstring',
]
/** Words that say it only as a whole word. */
const SECRET_WORDS = new Set(['pass', 'psk', 'jwt', 'cvv', 'cvc', 'bearer', 'pat'])
/** `…_key` is a secret after one of these. */
const KEY_OWNERS = new Set([
  'api', 'access', 'private', 'secret', 'signing', 'encryption', 'master', 'account', 'shared', 'ssh', 'auth', 'app', 'application', 'client',
  'license', 'subscription', 'storage', 'webhook', 'service', 'device', 'admin', 'root', 'hmac', 'symmetric', 'session', 'integration', 'ingest',
  'consumer', 'preshared', 'provision',
])
/** With one of these beside it the field is about a secret, not the secret: `max_tokens`, `token_type`, `secret_name`. */
const HARMLESS_WORDS = new Set([
  'max', 'min', 'count', 'counts', 'total', 'limit', 'limits', 'usage', 'used', 'input', 'output', 'prompt', 'completion', 'cached', 'reasoning',
  'budget', 'per', 'num', 'number', 'type', 'types', 'expires', 'expiry', 'expiration', 'ttl', 'length', 'size', 'url', 'uri', 'endpoint', 'policy',
  'path', 'file', 'files', 'filename', 'fingerprint', 'source', 'trust', 'name', 'names', 'arn', 'issuer', 'audience', 'scope', 'scopes', 'next',
  'page', 'pagination', 'continuation', 'sync', 'cursor', 'public', 'hint', 'reset', 'changed', 'rotation', 'rotated', 'required', 'enabled', 'valid',
  'present', 'age', 'method', 'provider', 'manager', 'version', 'id', 'ids', 'ref', 'stdin', 'no', 'field', 'format', 'bos', 'eos', 'pad', 'unk',
  'special', 'rate', 'validator', 'strength', 'algorithm', 'created', 'updated',
])

/** Words that may say it: then the value has to look like a secret itself. */
const VAGUE_WORDS = new Set(['key', 'auth', 'signature', 'sig', 'hmac'])

/** What a field's name says of its value. */
export type NameGrade = 'secret' | 'vague' | 'none'

const WORD = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g
const LONGEST_NAME = 128
const CACHE_LIMIT = 20_000
let cache = new Map<string, NameGrade>()

/** `AWS_ACCESS_KEY_ID` is half of the pair that opens the account. */
const isAccessKeyId = (words: readonly string[], at: number): boolean => words[at] === 'id' && words[at - 1] === 'key' && words[at - 2] === 'access'

/** The part that names the value: behind the last dot, without `value` and indexes. */
function lastSegment(name: string): string {
  const segments = name.split('.')
  while (segments.length > 1 && /^(?:value|[0-9]*)$/.test(segments.at(-1) ?? '')) segments.pop()
  return segments.at(-1) ?? ''
}

function judge(name: string): NameGrade {
  const words = (lastSegment(name).match(WORD) ?? []).map((word) => word.toLowerCase())
  let grade: NameGrade = 'none'
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    if (HARMLESS_WORDS.has(word) && !isAccessKeyId(words, i)) return 'none'
    const owned = (word === 'key' || word === 'keys') && KEY_OWNERS.has(words[i - 1] ?? '')
    if (owned || SECRET_WORDS.has(word) || SECRET_ENDINGS.some((ending) => word.endsWith(ending))) grade = 'secret'
    else if (grade === 'none' && i === words.length - 1 && VAGUE_WORDS.has(word)) grade = 'vague'
  }
  return grade
}

/** What the field's name says. Answers are kept for the names seen; the names are few. */
export function gradeOf(name: string): NameGrade {
  if (name.length < 3) return 'none'
  if (name.length > LONGEST_NAME) return judge(name.slice(-LONGEST_NAME))
  const known = cache.get(name)
  if (known !== undefined) return known
  if (cache.size >= CACHE_LIMIT) cache = new Map()
  const grade = judge(name)
  cache.set(name, grade)
  return grade
}

/** Which of the letters a–z a word has, as bits, whatever the case. */
function lettersOf(word: string): number {
  let letters = 0
  for (let i = 0; i < word.length; i++) letters |= 1 << (word.charCodeAt(i) & 31)
  return letters
}

/** Letters without which a name is not graded; sets that hold another one are left out. */
const TELLING_LETTERS = [...new Set([...SECRET_ENDINGS, ...SECRET_WORDS, ...VAGUE_WORDS].map(lettersOf))].filter(
  (letters, _, all) => !all.some((other) => other !== letters && (letters & other) === other),
)
const HALF = 13
const HALF_MASK = (1 << HALF) - 1

/** For each choice of half of the letters: which of the sets ask for nothing more of this half. 32 sets fit. */
const satisfied = (shift: number): Int32Array => Int32Array.from({ length: 1 << HALF }, (_, choice) =>
  TELLING_LETTERS.reduce((bits, letters, set) => (((letters >>> shift) & HALF_MASK & ~choice) === 0 ? bits | (1 << set) : bits), 0))
const LOWER_HALF = satisfied(1)
const UPPER_HALF = satisfied(1 + HALF)

/** Whether all letters of one of the sets are there. */
const canTell = (letters: number): boolean => (LOWER_HALF[(letters >>> 1) & HALF_MASK]! & UPPER_HALF[(letters >>> (1 + HALF)) & HALF_MASK]!) !== 0

/** 1 = letter, 2 = other character of a name, 3 = may stand between a name and its separator. */
const ROLES = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code)
  if (/[A-Za-z]/.test(character)) ROLES[code] = 1
  else if (/[0-9_.-]/.test(character)) ROLES[code] = 2
  else if (/[ "'\\`\]:?|+&]/.test(character)) ROLES[code] = 3
}
const roleAt = (text: string, at: number): number => ROLES[text.charCodeAt(at)] ?? 0

const LONGEST_GAP = 24
const LONGEST_NAME_IN_TEXT = 64

/** Types of texts that some languages write between a name and its value: `var apiToken string = …`, `api_token: &str = …`. */
const TEXT_TYPES: ReadonlySet<string> = new Set(['string', 'String', 'str', 'Str', 'bytes'])
const isTextType = (text: string, start: number, stop: number): boolean =>
  stop - start >= 3 && stop - start <= 6 && TEXT_TYPES.has(text.slice(start, stop))

/**
 * The name that ends before `end`, behind quotes, blanks, a closing bracket, escaping backslashes, the first half of an operator
 * (`?=`, `||=`, `.=`) or a type of texts, at most 64 characters long; '' when there is none, or none that could be graded.
 */
export function nameBefore(text: string, end: number): string {
  let stop = end
  if (text.charCodeAt(stop - 1) === 46) stop--
  while (stop > 0 && end - stop < LONGEST_GAP && roleAt(text, stop - 1) === 3) stop--
  let start = stop
  let letters = 0
  for (; start > 0 && stop - start < LONGEST_NAME_IN_TEXT; start--) {
    const code = text.charCodeAt(start - 1)
    const role = ROLES[code] ?? 0
    if (role === 1) letters |= 1 << (code & 31)
    else if (role !== 2) break
  }
  if (text.charCodeAt(end) === 61 && isTextType(text, start, stop)) return nameBefore(text, start)
  return canTell(letters) ? text.slice(start, stop) : ''
}
