/** Reads one word of shell text: quotes, escapes, substitutions. Linear: every character is passed once, substitutions once more per level. */
import type { Dialect } from './command.ts'

export interface Word {
  text: string
  /** Where reading goes on. */
  end: number
  quoted: boolean
  /** Texts inside `$(…)`, backticks. */
  substitutions: string[]
  /** Texts inside `<(…)`. */
  processes: string[]
  disguises: number
}

const ENDS: Readonly<Record<Dialect, string>> = { posix: ' \t\r\n;|&<>()', cmd: ' \t\r\n|&<>,;', powershell: ' \t\r\n;|&<>(){},' }
const ESCAPE: Readonly<Record<Dialect, string>> = { posix: '\\', cmd: '^', powershell: '`' }

export function readWord(text: string, start: number, dialect: Dialect): Word {
  const word: Word = { text: '', end: start, quoted: false, substitutions: [], processes: [], disguises: 0 }
  while (word.end < text.length) {
    const char = text[word.end] ?? ''
    if (char === ESCAPE[dialect]) escaped(text, word)
    else if (char === '"' || (char === "'" && dialect !== 'cmd')) quoted(text, word, dialect)
    else if (dialect === 'posix' && char === '`') backticks(text, word)
    else if (char === '$' && text[word.end + 1] === '(' && dialect !== 'cmd') substitution(text, word, 2)
    else if (dialect === 'posix' && char === '$' && text[word.end + 1] === "'") ansiQuoted(text, word)
    else if (dialect === 'posix' && (char === '<' || char === '>') && text[word.end + 1] === '(') substitution(text, word, 2)
    else if (ENDS[dialect].includes(char)) break
    else plain(text, word, dialect)
  }
  return word
}

function plain(text: string, word: Word, dialect: Dialect): void {
  const from = word.end
  let to = from + 1
  while (to < text.length && !STOPS[dialect].has(text[to] ?? '')) to++
  word.text += text.slice(from, to)
  word.end = to
}

const stops = (dialect: Dialect): ReadonlySet<string> => new Set([...ENDS[dialect], ESCAPE[dialect], '"', "'", '`', '$'])
const STOPS: Readonly<Record<Dialect, ReadonlySet<string>>> = { posix: stops('posix'), cmd: stops('cmd'), powershell: stops('powershell') }

function escaped(text: string, word: Word): void {
  const next = text[word.end + 1] ?? ''
  word.end += next === '\r' && text[word.end + 2] === '\n' ? 3 : 2
  if (next === '\n' || next === '\r') return
  // A letter needs no escape: `c\url`, `c^url`, "i`ex".
  if (/[a-zA-Z]/.test(next)) word.disguises++
  word.text += next
}

function quoted(text: string, word: Word, dialect: Dialect): void {
  const quote = text[word.end] ?? ''
  const from = ++word.end
  word.quoted = true
  const escape = ESCAPE[dialect]
  while (word.end < text.length && text[word.end] !== quote) {
    const char = text[word.end] ?? ''
    if (quote === '"' && char === escape && dialect !== 'cmd') {
      const next = text[word.end + 1] ?? ''
      word.text += dialect === 'posix' && !'"\\$`\n'.includes(next) ? char + next : next
      word.end += 2
    } else if (quote === '"' && dialect === 'cmd' && char === '\\' && text[word.end + 1] === '"') {
      word.text += '"'
      word.end += 2
    } else if (quote === '"' && char === '`' && dialect === 'posix') backticks(text, word)
    else if (quote === '"' && char === '$' && text[word.end + 1] === '(' && dialect !== 'cmd') substitution(text, word, 2)
    else {
      word.text += char
      word.end++
    }
  }
  if (word.end === from && /\w/.test(text[from + 1] ?? '') && /\w/.test(word.text.at(-1) ?? '')) word.disguises++
  word.end++
}

/** `$'\x63url'`: C escapes, decoded. */
function ansiQuoted(text: string, word: Word): void {
  const end = text.indexOf("'", word.end + 2)
  const to = end < 0 ? text.length : end
  const body = text.slice(word.end + 2, to)
  const decoded = body.replaceAll(/\\x([0-9a-fA-F]{2})|\\([0-7]{3})/g,
    (_, hex: string | undefined, octal: string | undefined) => String.fromCharCode(parseInt(hex ?? octal ?? '0', hex === undefined ? 8 : 16)))
  if (decoded !== body) word.disguises++
  word.text += decoded
  word.quoted = true
  word.end = to + 1
}

function backticks(text: string, word: Word): void {
  const end = text.indexOf('`', word.end + 1)
  const to = end < 0 ? text.length : end
  word.substitutions.push(text.slice(word.end + 1, to))
  word.text += text.slice(word.end, to + 1)
  word.end = to + 1
}

function substitution(text: string, word: Word, open: number): void {
  const to = closing(text, word.end + open)
  const inner = text.slice(word.end + open, to)
  const target = text[word.end] === '$' ? word.substitutions : word.processes
  if (!inner.startsWith('(')) target.push(inner)
  word.text += text.slice(word.end, to + 1)
  word.end = to + 1
}

/** Index of the parenthesis that closes the one before `from`, quotes respected; the end of the text where none does. */
export function closing(text: string, from: number): number {
  let depth = 1
  let quote = ''
  for (let at = from; at < text.length; at++) {
    const char = text[at] ?? ''
    if (char === '\\') at++
    else if (quote !== '') {
      if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
    else if (char === '(') depth++
    else if (char === ')' && --depth === 0) return at
  }
  return text.length
}
