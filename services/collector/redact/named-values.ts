/** Values whose name stands elsewhere than before a separator: in markup, or as the value of a member `name` beside the member `value`. */
import { ASSIGNMENT } from './kinds.ts'
import { matchesIn } from './matching.ts'
import { gradeOf } from './names.ts'
import { isSecretValue } from './plausible.ts'
import type { Span } from './span.ts'

/** People choose the values of such names. */
export const PASSWORD_NAME = /pass|pwd|psk|cv[vc]|cookie/i

/** A quote, with the backslashes that JSON in JSON has. */
const QUOTE = '\\\\{0,8}["\']'
const COLON = '[ \\t]{0,4}:[ \\t]{0,4}'

/** Calls that give a value to a name; of other calls with two texts nobody knows what the second one is. */
const GIVING = '(?:set|put|add|append|define|header|env|property|export)\\w{0,32}'
/** The second of a call's texts may as well be a prompt or a kind of field: a password has a digit then. */
const CALL = new RegExp(`${GIVING}\\([ \\t]{0,4}${QUOTE}([\\w.-]{3,64})${QUOTE}[ \\t]{0,4},[ \\t]{0,4}${QUOTE}(?=[^"'\\\\]{0,256}[0-9])([^"'\\\\]{4,256})`, 'gi')

/** In each, group 1 is the name and group 2 the value. Repetitions are bounded, so each start costs the same. */
const FORMS: readonly { readonly needs: string; readonly form: RegExp }[] = [
  { needs: '</', form: /<([A-Za-z][\w.:-]{1,40})>(?:\s|\\{1,8}[nrt]){0,64}([^<>\s\\][^<>\s]{3,255})\s{0,64}<\//g },
  { needs: '=', form: /\b(?:key|name)=["']([^"'<>]{3,64})["'][ \t]{1,4}value=["']([^"'<>]{4,256})["']/gi },
  {
    needs: 'alue',
    form: new RegExp(`(?:[nN]ame|[kK]ey)${QUOTE}${COLON}${QUOTE}([\\w.-]{3,64})${QUOTE}\\s{0,8},\\s{0,8}${QUOTE}[vV]alue${QUOTE}${COLON}${QUOTE}([^"'\\\\]{4,512})`, 'g'),
  },
  { needs: '(', form: CALL },
  { needs: 'alue:', form: /\b(?:name|key):[ \t]{0,4}["']?([\w.-]{3,64})["']?[ \t]{0,4}\r?\n[ \t]{0,32}value:[ \t]{0,4}["']?([^\s"']{4,256})/g },
]

/** `<password>…</password>`, `define('DB_PASSWORD', '…')`, `<add key="Password" value="…"/>`, `"name": "PASSWORD", "value": "…"` and the same in YAML. */
export function findNamedValues(text: string): Span[] {
  const spans: Span[] = []
  for (const { needs, form } of FORMS) {
    if (!text.includes(needs)) continue
    for (const found of matchesIn(form, text)) {
      const [whole, name = '', value = ''] = found
      const start = found.index + whole.lastIndexOf(value)
      const grade = gradeOf(name)
      const assigned = { value, quoted: true, password: PASSWORD_NAME.test(name), tight: true, vague: grade === 'vague' }
      if (grade !== 'none' && isSecretValue(assigned)) spans.push({ start, end: start + value.length, kind: ASSIGNMENT.kind })
    }
  }
  return spans
}
