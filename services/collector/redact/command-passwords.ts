/** Passwords that stand among the arguments of well-known commands. */
import { COMMAND } from './kinds.ts'
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
]
const SECRET = /[^\s"'`;&|<>]{4,256}/y
const WORD = /^(?:user|password|pass|secret|token)(?:name)?$|^[0-9]{1,5}$|^[~./]/i

/** Passwords in command lines within `text`. */
export function findCommandPasswords(text: string): Span[] {
  const spans: Span[] = []
  for (const { command, before } of FORMS) {
    if (!command.test(text)) continue
    for (const found of text.matchAll(before)) {
      const start = found.index + found[0].length
      SECRET.lastIndex = start
      const secret = SECRET.exec(text)?.[0]
      if (secret !== undefined && !isPlaceholder(secret) && !WORD.test(secret)) spans.push({ start, end: start + secret.length, kind: COMMAND.kind })
    }
  }
  return spans
}
