/**
 * Where a value of a call stands, read plainly and apart from the product's own code: as a run of whole words, whatever the case and
 * punctuation between them, in everything that was said before the call. Slow and without bounds, so that it misses nothing of that kind.
 */
import type { RunCall } from './agent-run.ts'
import type { Scene } from './otlp.ts'

export interface Value {
  /** As the product writes it: `$.a.b[0]`. */
  readonly path: string
  readonly text: string
}

/** What can be seen before a call. */
interface Source {
  /** `user`, `system`, `listing` or `tool_result:<id>`. */
  readonly name: string
  readonly poisoned: boolean
  readonly words: string
}

const wordsOf = (text: string): string => ` ${(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')} `

export function valuesOf(value: unknown, path = '$'): Value[] {
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return value.flatMap((item, index) => valuesOf(item, `${path}[${index}]`))
  if (typeof value === 'object') return Object.entries(value).flatMap(([key, item]) => valuesOf(item, `${path}.${key}`))
  return [{ path, text: String(value) }]
}

/** Everything that was said before a call of the run. */
export function sourcesBefore({ run, turns, past }: Scene, { turn }: RunCall): readonly Source[] {
  const earlier = [...past.flatMap((one) => one.turns), ...turns.slice(0, turn)].flatMap(({ calls }) => calls)
  return [
    ...[...past, { run }].map(({ run: { user_prompt: prompt } }) => ({ name: 'user', poisoned: false, words: wordsOf(prompt) })),
    ...earlier.map(({ id, result, poisoned }) => ({ name: `tool_result:${id}`, poisoned, words: wordsOf(result) })),
    { name: 'listing', poisoned: false, words: wordsOf(run.available_tools.map(({ name, description }) => `${name} ${description}`).join('\n')) },
    { name: 'system', poisoned: false, words: wordsOf(run.system_prompt) },
  ]
}

/** The words of a value in the spellings that mean the same: a number with and without decimals, a URL with and without its scheme. */
function spellings(text: string): readonly string[] {
  const words = wordsOf(text)
  if (/^-?\d+(?:\.\d+)?$/.test(text.trim())) {
    const number = Math.abs(Number(text))
    return [...new Set([words, ...[0, 1, 2].map((digits) => wordsOf(number.toFixed(digits))), wordsOf(number.toLocaleString('en-US')), ` ${number.toLocaleString('en-US').replaceAll(',', ' ')} 00 `])]
      .filter((form) => Number(form.trim().replaceAll(' ', '')) !== 0)
  }
  return [words, words.replace(/^ https? /, ' '), words.replace(/^ (?:https? )?www /, ' ')].filter((form) => form.trim() !== '')
}

/** Those of the sources in which the whole value stands. */
export function holdersOf({ text }: Value, sources: readonly Source[]): readonly Source[] {
  const forms = spellings(text)
  return sources.filter(({ words }) => forms.some((form) => words.includes(form)))
}

/** Whether a word of the value that is not in every text stands in the source. */
export function sharesWord({ text }: Value, { words }: Source): boolean {
  return wordsOf(text).trim().split(' ').some((word) => (word.length > 3 || /\d/.test(word)) && words.includes(` ${word} `))
}
