/** Secrets that show what they are: JWTs, private keys, Bearer and Basic values, passwords in URLs. */
import { BASIC, BEARER, JWT, PASSWORD_HASH, PRIVATE_KEY, URL_PASSWORD } from './kinds.ts'
import { matchAt, matchesIn } from './matching.ts'
import { isPlaceholder } from './plausible.ts'
import type { Span } from './span.ts'

const JWT_HEADER = /[A-Za-z0-9_-]+/y
const JWT_REST = /\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*){0,3}/y

/** JSON Web Tokens. The cut-off token of a header and a body alone is one too: its body tells what the signature would. */
export function findJwts(text: string): Span[] {
  const spans: Span[] = []
  for (let start = text.indexOf('eyJ'); start >= 0; ) {
    const dot = matchAt(JWT_HEADER, text, start)
    const end = matchAt(JWT_REST, text, dot)
    const isJwt = end > dot && Buffer.from(text.slice(start, Math.min(dot, start + 16)), 'base64url').toString('latin1').startsWith('{"')
    if (isJwt) spans.push({ start, end, kind: JWT.kind })
    // Another start inside the same run would meet the same end, so the search goes on behind it.
    start = text.indexOf('eyJ', isJwt ? end : dot)
  }
  return spans
}

const spansOf = (text: string, form: RegExp, kind: string): Span[] =>
  matchesIn(form, text).map((found) => ({ start: found.index, end: found.index + found[0].length, kind }))

const BEGIN_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g
const ARMOUR = /(?:[A-Za-z0-9+/=:,. \t\r\n-]|\\{1,8}[nrt]){0,}/y
const END_KEY = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/y

/** The private part of a key file of PuTTY. */
const PUTTY = /Private-Lines: [0-9]{1,4}(?:\s|\\{1,8}[nr]){1,4}(?:[A-Za-z0-9+/=]{1,76}(?:\r?\n|\\{1,8}[nr]|$)){1,512}/g

/** Private keys in armour, with or without their end mark. */
export function findPrivateKeys(text: string): Span[] {
  const spans = text.includes('Private-Lines: ') ? spansOf(text, PUTTY, PRIVATE_KEY.kind) : []
  if (!text.includes('PRIVATE KEY')) return spans
  BEGIN_KEY.lastIndex = 0
  for (let begin = BEGIN_KEY.exec(text); begin !== null; begin = BEGIN_KEY.exec(text)) {
    const body = begin.index + begin[0].length
    const mark = text.indexOf('-----END ', body)
    const reach = matchAt(ARMOUR, text, body)
    const end = mark >= 0 && mark <= reach ? matchAt(END_KEY, text, mark) : reach
    spans.push({ start: begin.index, end, kind: PRIVATE_KEY.kind })
    BEGIN_KEY.lastIndex = Math.max(end, body)
  }
  return spans
}

/** Forms of hashes with what each cannot be without. Whoever has one can search for the password at leisure. */
const HASHES: readonly { readonly needs: string; readonly form: RegExp }[] = [
  // crypt(5) and phpass: `$id$salt$hash`.
  { needs: '$', form: /\$(?:1|2[abxy]?|5|6|7|8|9|y|gy|apr1|argon2(?:id|i|d))\$[A-Za-z0-9./$=,+-]{20,256}|\$[PH]\$[A-Za-z0-9./]{31}/g },
  // Django and Werkzeug: `method$rounds$salt$hash`.
  { needs: '$', form: /\b(?:pbkdf2[_:]sha(?:1|256|512)|scrypt|bcrypt_sha256)[$:][0-9:]{1,32}\$[A-Za-z0-9./+=]{1,64}\$[A-Za-z0-9./+=]{20,256}/g },
  // Kerberos, as it is taken away to be tried out.
  { needs: '$krb5', form: /\$krb5(?:tgs|asrep|pa)\$[0-9]{1,2}\$[^\s"'\\]{32,4096}/g },
  // A line of a dump of Windows' accounts.
  { needs: ':::', form: /(?<=:[0-9]{1,10}:)[0-9a-f]{32}:[0-9a-f]{32}(?=:::)/gi },
]

/** Hashes of passwords. */
export function findPasswordHashes(text: string): Span[] {
  const spans: Span[] = []
  for (const { needs, form } of HASHES) {
    if (!text.includes(needs)) continue
    spans.push(...spansOf(text, form, PASSWORD_HASH.kind))
  }
  return spans
}

const SCHEME = /\b(bearer|basic)[ \t]{1,4}["']?([A-Za-z0-9_~+/.-]{6,}={0,2})/gi

/** Values behind the words Bearer and Basic. */
export function findSchemes(text: string): Span[] {
  const spans: Span[] = []
  for (const found of matchesIn(SCHEME, text)) {
    const value = found[2] ?? ''
    const end = found.index + found[0].length
    const basic = (found[1] ?? '').toLowerCase() === 'basic'
    const secret = basic ? /^[^\0-\x1f]*:[^\0-\x1f]*$/.test(
      Buffer.from(value, 'base64').toString('latin1'),
    ) : value.length >= 8 && /[0-9]/.test(value) && !isPlaceholder(value)
    if (secret) spans.push({ start: end - value.length, end, kind: basic ? BASIC.kind : BEARER.kind })
  }
  return spans
}

/** The user's part is bounded and cannot hold `/`, so each `://` costs a bounded look. */
const USERINFO = /:\/\/[^\s/:@"'<>]{0,128}:([^\s/@"'<>]{1,256})@/g

/** Passwords of `scheme://user:password@host`. */
export function findUrlPasswords(text: string): Span[] {
  const spans: Span[] = []
  for (const found of matchesIn(USERINFO, text)) {
    const password = found[1] ?? ''
    const end = found.index + found[0].length - 1
    if (!isPlaceholder(password)) spans.push({ start: end - password.length, end, kind: URL_PASSWORD.kind })
  }
  return spans
}
