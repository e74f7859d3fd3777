/** What a value can be beside what its parameter is for. Each looks at one value; patterns are linear, values at most 4,096 characters. */
import type { Leaf } from '../arguments/values.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { parseShell } from '../shell/parse.ts'
import { judgeScript } from '../unexpected-command/judge.ts'
import { METADATA_HOST } from '../unexpected-command/rules/paths.ts'

export interface ValueRule {
  readonly id: string
  readonly severity: Severity
  readonly reason: string
  readonly attack: string
  readonly test: (leaf: Leaf) => boolean
}

/** Climbing steps, also as percent signs, twice over, and with overlong bytes. */
const UP = /(?:\.\.|%2e%2e|%252e%252e|\.%2e|%2e\.)(?:[\\/]|%2f|%5c|%252f|%255c|%c0%af)/gi
/** Where nobody gets by accident. */
const TARGET = /etc[\\/](?:passwd|g?shadow|sudoers|hosts|ssh)|[\\/]root(?:[\\/]|$)|\.ssh|\.aws|\.env\b|proc[\\/]self|windows[\\/](?:system32|win\.ini)|boot\.ini|id_rsa|\.kube|\.git[\\/]config|web\.config/i
const MANY = 4

function climbs({ text }: Leaf): boolean {
  const steps = text.match(UP)?.length ?? 0
  if (steps === 0) return /%00|\u0000/.test(text) && /[\\/]/.test(text)
  return steps >= MANY || (steps >= 2 && TARGET.test(text)) || /%2e%2e|%252e|%c0%af/i.test(text)
}

/** Forms of an address that nobody writes who wants it read: 2130706433, 0x7f000001, 0177.0.0.1. */
const ODD_HOST = /^[a-z][a-z0-9+.-]{1,12}:\/\/(?:[^@/]{0,200}@)?(?:\d{8,10}|0x[0-9a-f]{6,8}|0\d{2,3}(?:\.\d{1,4}){3})(?:[:/?#]|$)/i
const ODD_SCHEME = /^\s{0,4}(?:gopher|dict|ldap|jar|netdoc|php|expect|phar):\/\//i
const FILE_SCHEME = /^\s{0,4}file:\/\/\/?(?:etc|root|proc|c:)/i
const ADDRESS_KEY = /ur[il]|href|link|endpoint|host|webhook|callback|target|address|server|domain/i

const asksHost = ({ key, text }: Leaf): boolean => METADATA_HOST.test(text.toLowerCase()) && /:\/\//.test(text) || ODD_HOST.test(text) || ADDRESS_KEY.test(key) && (ODD_SCHEME.test(text) || FILE_SCHEME.test(text))

/** A quote that ends the value, and SQL behind it. */
const SQL = new RegExp([
  String.raw`['"]\)?\s{0,4}(?:or|and)\s{1,4}['"(]?\w{1,20}['")]?\s{0,4}(?:=|like|<|>)\s{0,4}['"(]?\w{0,20}`, String.raw`['"\d)]\s{0,4}union\s{1,4}(?:all\s{1,4})?select\b`,
  String.raw`['"\d)]\s{0,4};\s{0,4}(?:drop|delete|insert|update|alter|truncate|exec|create|shutdown)\s{1,4}\w`, String.raw`['"]\s{0,4}(?:--|#|/\*)\s{0,4}$`,
  String.raw`\b(?:sleep|benchmark|pg_sleep|waitfor\s{1,4}delay|xp_cmdshell|load_file|extractvalue)\s{0,4}[('"]`, String.raw`^\s{0,4};\s{0,4}drop\s{1,4}(?:table|database)\b`,
].join('|'), 'i')
const NOSQL = /\.\$(?:ne|gt|gte|lt|lte|where|regex|nin|exists|expr|function)\b/

const TEMPLATE = /\{\{\s{0,4}(?:\d{1,4}\s{0,2}[*+]\s{0,2}\d{1,4}|[\w.]{0,40}(?:__|config|self\.|request\.|constructor|popen))|\$\{\s{0,4}(?:jndi:|\d{1,4}\*\d{1,4}|T\(java|env:|lower:|::-)|<%=|#\{\s{0,4}(?:\d{1,4}\*|T\()/i
const OBJECT = /__proto__|constructor\.prototype|rO0AB[A-Za-z0-9+/]{8}|!!python\/object|<!ENTITY\s{1,4}[^>]{1,200}(?:SYSTEM|PUBLIC)|\)\(\|?\(?(?:uid|cn|objectClass)=|java\.lang\.Runtime/
/** A line of its own that is a header: only where a header's value belongs. */
const HEADER = /(?:\r?\n|%0d%0a|\\r\\n)(?:bcc|cc|to|set-cookie|location|content-type|x-[\w-]{1,40}|host)\s?:/i
const HEADER_KEY = /^(?:to|from|cc|bcc|subject|reply_?to|header|headers?_?\w{0,20}|name|host|ur[il]|location)$/i

/** Marks that only a shell reads. */
const SHELL_MARK = /[|;&`]|\$\(|\n/
const SHORT = 1_000
/** A separator of the shell and a program behind it: `report.txt; rm -rf /`. */
const CHAINED = /(?:[;&|`]|\$\()\s{0,4}(?:(?:\/usr)?\/bin\/)?(?:rm|curl|wget|nc|ncat|bash|sh|zsh|python3?|perl|ruby|cat|id|whoami|uname|chmod|chown|powershell|cmd(?:\.exe)?|ping|nslookup|dig|sleep|touch|tee|env|printenv|base64|mkfifo|socat)\b(?:\s|$|[`)|;&])/

function runs({ text }: Leaf): boolean {
  if (text.length > SHORT || !SHELL_MARK.test(text)) return false
  if (CHAINED.test(text) && !/\s(?:and|the|or|is)\s/i.test(text)) return true
  const verdict = judgeScript(parseShell(text))
  return verdict !== undefined && (verdict.severity === 'critical' || verdict.severity === 'high')
}

export const VALUE_RULES: readonly ValueRule[] = [
  { id: 'path-climb', severity: 'high', reason: 'climbs out of a folder', attack: 'T1083', test: climbs },
  { id: 'host-only-address', severity: 'high', reason: 'is an address that only the host itself should ask, or is written to be taken for another', attack: 'T1552.005', test: asksHost },
  { id: 'sql', severity: 'high', reason: 'ends a value and begins a statement', attack: 'T1190', test: ({ text }) => SQL.test(text) },
  { id: 'query-operator', severity: 'medium', reason: 'is an operator of a query where a value belongs', attack: 'T1190', test: ({ path }) => NOSQL.test(path) },
  { id: 'command', severity: 'high', reason: 'runs a command in a parameter that holds none', attack: 'T1059', test: runs },
  { id: 'template', severity: 'high', reason: 'is code of a template', attack: 'T1190', test: ({ text }) => TEMPLATE.test(text) },
  { id: 'object', severity: 'high', reason: 'makes or changes objects where it is read', attack: 'T1190', test: ({ text, path }) => OBJECT.test(text) || /\.(?:__proto__|constructor\.prototype)\b/.test(path) },
  { id: 'header', severity: 'medium', reason: 'begins a header of its own', attack: 'T1190', test: ({ key, text }) => HEADER_KEY.test(key) && HEADER.test(text) },
]
