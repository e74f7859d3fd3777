/** Passwords that stand among the arguments of well-known commands. */
import { COMMAND } from './kinds.ts'
import { matchesIn } from './matching.ts'
import { isPlaceholder } from './plausible.ts'
import type { Span } from './span.ts'

interface Form {
  /** The command has to be in the text. */
  readonly command: RegExp
  /** Ends right before the secret. Each start is bounded, and no two starts share characters. */
  readonly before: RegExp
}

const IN_SQL = /\b(?:identified (?:with \S{1,40} )?by|(?:with|encrypted|role|user \S{1,64}) password)[ \t]{1,4}["']/gi

const FORMS: readonly Form[] = [
  { command: /\b(?:curl|wget|http|https|xh)\b/, before: /(?<=\s)(?:-u|--user|--proxy-user)[ =]?["']?[^\s"':$]{1,64}["']?:["']?/g },
  { command: /\bsshpass\b/, before: /(?<=\s)-p ?["']?/g },
  { command: /\b(?:docker|podman|helm|oc|az|skopeo|buildah) (?:registry )?login\b/, before: /(?<=\s)-p[ =]["']?/g },
  { command: /\bmysql(?:dump|admin|import)?\b|\bmariadb\b/, before: /(?<=\s)-p["']?(?=[^\s"'])/g },
  // A line of .netrc, and statements of SQL.
  { command: /\blogin\b/, before: /(?<=\blogin[ \t]{1,4}\S{1,64})\s{1,8}password[ \t]{1,4}["']?/g },
  { command: /\bby\b|\bpassword\b/i, before: IN_SQL },
  { command: /\bredis-cli\b/, before: /(?<=\s)-a ["']?/g },
  { command: /\bldap(?:search|modify|add|delete|passwd|whoami)\b/, before: /(?<=\s)-w ?["']?/g },
  { command: /\bpsexec(?:64)?\b/i, before: /(?<=\s)-p ["']?/g },
  { command: /\bnet1? use\b/i, before: /\/user:\S{1,128}[ \t]{1,4}["']?(?=[^\s/*])/gi },
  { command: /\bnet1? use\b/i, before: /\bnet1? use[ \t]{1,4}(?:[a-z]:[ \t]{1,4})?\\\\\S{1,256}[ \t]{1,4}["']?(?=[^\s/*])/gi },
  { command: /\bConvertTo-SecureString\b/i, before: /\bConvertTo-SecureString[ \t]{1,4}(?:-String[ \t]{1,4})?\\{0,8}["'](?=[^"']{1,256}["'] -as)/gi },
  // A statement of a build script; prose seldom has a digit or a capital within a word in quotes there.
  { command: /\bpassword\b/, before: /(?:^|[\n;{])[ \t]{0,32}password[ \t]{1,4}["'](?=[^"'\n]{0,64}(?:[0-9]|[a-z][A-Z])[^"'\n]{0,64}["'])/g },
]
const SECRET = /[^\s"'`;&|<>]{4,256}/y
const WORD = /^(?:user|password|pass|secret|token)(?:name)?$|^[0-9]{1,5}$|^[~./]/i

/** Passwords in command lines within `text`. */
export function findCommandPasswords(text: string): Span[] {
  const spans: Span[] = []
  for (const { command, before } of FORMS) {
    if (!command.test(text)) continue
    for (const found of matchesIn(before, text)) {
      const start = found.index + found[0].length
      SECRET.lastIndex = start
      const secret = SECRET.exec(text)?.[0]
      if (secret !== undefined && !isPlaceholder(secret) && !WORD.test(secret)) spans.push({ start, end: start + secret.length, kind: COMMAND.kind })
    }
  }
  return spans
}
