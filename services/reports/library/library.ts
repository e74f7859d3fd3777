/** The whole library, and which questions a report must ask. */
import { hash } from 'node:crypto'
import { Failure } from '../../../schemas/failure.ts'
import { ACCESS } from './access.ts'
import { type Control, FRAMEWORKS } from './control.ts'
import { DETECTION } from './detection.ts'
import { LAW } from './frameworks-law.ts'
import { TRADE } from './frameworks-trade.ts'
import { KEEPING } from './keeping.ts'
import type { Question } from './question.ts'

export const CONTROLS: readonly Control[] = [...LAW, ...TRADE]
export const QUESTIONS: ReadonlyMap<string, Question> = new Map([...KEEPING, ...ACCESS, ...DETECTION].map((question) => [question.id, question]))

/** Asked in every report: by what was judged, and what was seen at all. */
export const ALWAYS: readonly string[] = ['sources', 'account-of-records', 'blind-rules', 'rules-in-force', 'policies-in-force']

/** Rows of an answer that are shown and hashed; how many there are in all is said. */
export const MOST_ROWS = 1_000

/** The statement that is run, and shown: whoever has the tables can run it too. */
export const statementOf = ({ sql, order }: Question): string =>
  `SELECT *, count() OVER () AS rows_in_all\nFROM\n(\n${sql}\n)\nORDER BY ${order}\nLIMIT ${MOST_ROWS}`

/** Of all questions: another version of the library may give other answers. */
export const LIBRARY_HASH: string = hash('sha256', [...QUESTIONS.values()].map((question) => `${question.id}\n${statementOf(question)}\n`).sort().join('\n'), 'hex')

/** `gdpr`, `pci-10-2`, `all`: in the order of the library, each once. Throws Failure `rejected` for a word that is neither control nor framework. */
export function controlsOf(words: readonly string[]): readonly Control[] {
  for (const word of words) {
    if (word === 'all' || Object.hasOwn(FRAMEWORKS, word) || CONTROLS.some(({ id }) => id === word)) continue
    throw new Failure('rejected', 'report.control', `There is no control or framework ${JSON.stringify(word.slice(0, 64))}: watchkeeper report controls lists them.`)
  }
  return CONTROLS.filter(({ id, framework }) => words.includes('all') || words.includes(framework) || words.includes(id))
}

/** Each once: what every report asks, then what its controls ask, in their order. */
export function questionsOf(controls: readonly Control[]): readonly Question[] {
  const ids = new Set([...ALWAYS, ...controls.flatMap(({ questions }) => questions)])
  return [...ids].map((id) => {
    const question = QUESTIONS.get(id)
    if (question === undefined) throw new Failure('defect', 'report.question', `a control asks ${id}, which nobody answers`)
    return question
  })
}
