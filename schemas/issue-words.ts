/** What a schema found wrong, as a sentence for whoever wrote it. Values are never repeated: one of them may be a secret. */
import type { z } from 'zod'

type Issue = z.ZodError['issues'][number]

const BY_CODE: Readonly<Record<string, (issue: Issue) => string>> = {
  unrecognized_keys: (issue) => (issue.code === 'unrecognized_keys' ? `unknown key ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}` : ''),
  invalid_type: ({ message }) => {
    const [, wanted = '', found = ''] = /expected (\w+), received (\w+)$/.exec(message) ?? []
    return found === 'undefined' ? 'is missing' : `must be ${KINDS[wanted] ?? wanted}${found === 'number' && wanted === 'int' ? '' : `, not ${KINDS[found] ?? found}`}`
  },
  invalid_value: (issue) => (issue.code === 'invalid_value' ? `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}` : ''),
  too_small: (issue) => (issue.code === 'too_small' ? bounded(issue.origin, Number(issue.minimum), issue.inclusive === false ? 'more than' : 'at least') : ''),
  too_big: (issue) => (issue.code === 'too_big' ? bounded(issue.origin, Number(issue.maximum), issue.inclusive === false ? 'less than' : 'at most') : ''),
  invalid_format: (issue) => (issue.code === 'invalid_format' ? (FORMATS[issue.format] ?? issue.message) : ''),
}
const KINDS: Readonly<Record<string, string>> = {
  string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'keys and values', record: 'keys and values', null: 'nothing',
}
const FORMATS: Readonly<Record<string, string>> = { url: 'must be an address such as https://example.org/path', datetime: 'must be a time such as 2026-11-22T10:00:00Z', email: 'must be an e-mail address' }
const COUNTED: Readonly<Record<string, readonly [one: string, many: string]>> = { string: ['character', 'characters'], array: ['entry', 'entries'], set: ['entry', 'entries'] }

function bounded(origin: string, bound: number, words: string): string {
  const counted = COUNTED[origin]
  if (counted === undefined) return `must be ${words} ${bound}`
  return bound === 1 && words === 'at least' ? 'must not be empty' : `must have ${words} ${bound} ${counted[bound === 1 ? 0 : 1]}`
}

/** Of the schema library itself; what a schema of ours says is left as it is. */
const OF_LIBRARY = /^(Too (small|big): |Invalid (input|option)\b|Invalid (URL|ISO datetime|email address)$|Unrecognized key)/

/** Without the place. */
export const wordsOfIssue = (issue: Issue): string => (OF_LIBRARY.test(issue.message) ? BY_CODE[issue.code]?.(issue) || issue.message : issue.message)

/** A line an issue; `whole` is what the place of the whole is called. */
export const linesOfIssues = (error: z.ZodError, whole: string): string[] => error.issues.map((issue) => `${issue.path.join('.') || whole}: ${wordsOfIssue(issue)}`)
