/**
 * Shell text to simple commands. Not a shell: enough of POSIX, cmd and PowerShell to know which program runs with which words, what
 * is piped where, and what text is run as code. Bounded: 16 KiB of text, nesting of code 3, 256 commands; never throws.
 */
import { type Command, type Dialect, type Place, programName, type Redirect, type Script } from './command.ts'
import { dialectOf } from './dialect.ts'
import { codeOf, launchedBy } from './nesting.ts'
import { readWord, type Word } from './word.ts'

export const SHELL_TEXT = 16 * 1024
const COMMANDS = 256
const DEPTH = 3

interface Context {
  readonly dialect: Dialect
  readonly place: Place
  readonly inside: number
  readonly depth: number
}

interface Building {
  readonly commands: Command[]
  disguises: number
  decoded: number
  /** Characters that may still be read: nested text is read again, so it counts again. */
  budget: number
}

/** Commands in the order of their first words. */
export function parseShell(text: string): Script {
  const whole = text.slice(0, SHELL_TEXT)
  const dialect = dialectOf(whole)
  const building: Building = { commands: [], disguises: 0, decoded: 0, budget: SHELL_TEXT * 3 }
  parseInto(building, whole, { dialect, place: 'top', inside: -1, depth: 0 })
  return { dialect, commands: building.commands, disguises: building.disguises, decoded: building.decoded }
}

function parseInto(building: Building, text: string, context: Context): void {
  if (context.depth > DEPTH || text.length > building.budget) return
  building.budget -= text.length
  new Reader(building, text, context).run()
}

class Reader {
  readonly building: Building
  readonly text: string
  readonly context: Context
  at = 0
  current: Command | undefined
  pipe = -1
  /** Last command of a group that has just been closed. */
  closed = -1
  /** PowerShell only: commands whose parenthesis or brace is open. */
  parents: number[] = []
  heredocs: { command: Command; word: string }[] = []

  constructor(building: Building, text: string, context: Context) {
    this.building = building
    this.text = text
    this.context = context
  }

  run(): void {
    while (this.at < this.text.length && this.building.commands.length < COMMANDS) this.step()
    this.end()
  }

  step(): void {
    const char = this.text[this.at] ?? ''
    const next = this.text[this.at + 1] ?? ''
    if (char === ' ' || char === '\t' || char === '\r' || char === ',') this.at++
    else if (char === '\n') this.newline()
    else if (char === '#' && this.context.dialect !== 'cmd') this.comment()
    else if (char === '|' && next !== '|') this.pipeline()
    else if (char === '&' && next === '>') this.at++
    else if (char === ';' || char === '&' || char === '|') {
      this.end()
      this.at += char === next ? 2 : 1
    } else if ('(){}'.includes(char) && this.bracket(char)) this.at++
    else if ((char === '<' || char === '>') && !(next === '(' && this.context.dialect === 'posix')) this.redirect()
    else this.word()
  }

  newline(): void {
    this.end()
    this.at++
    for (const { command, word } of this.heredocs.splice(0)) this.heredoc(command, word)
  }

  heredoc(command: Command, word: string): void {
    const lines: string[] = []
    while (this.at < this.text.length) {
      const end = this.text.indexOf('\n', this.at)
      const to = end < 0 ? this.text.length : end
      const line = this.text.slice(this.at, to)
      this.at = to + 1
      if (line.trim() === word) break
      lines.push(line)
    }
    command.stdin = lines.join('\n')
    this.runCode(command)
  }

  comment(): void {
    const end = this.text.indexOf('\n', this.at)
    this.at = end < 0 ? this.text.length : end
  }

  pipeline(): void {
    const index = this.current?.index ?? (this.closed >= 0 ? this.closed : this.pipe)
    this.end()
    this.pipe = index
    this.at += this.text[this.at + 1] === '&' ? 2 : 1
  }

  /** Whether the bracket is one of grouping; else it is part of a word. */
  bracket(char: string): boolean {
    const powershell = this.context.dialect === 'powershell'
    if (!powershell && '{}'.includes(char)) {
      const alone = /[\s;]|^$/.test(this.text[this.at + 1] ?? '')
      if (!alone || this.current !== undefined) return false
    }
    if (!powershell) {
      const last = this.building.commands.length - 1
      this.end()
      // `(a; b) | c`: the pipe reads the group, of which the last command stands for all.
      if (char !== '(' && char !== '{') this.closed = last
    }
    else if ('({'.includes(char)) {
      this.parents.push(this.current?.index ?? this.parents.at(-1) ?? this.context.inside)
      this.current = undefined
      this.pipe = -1
    } else {
      this.end()
      const parent = this.parents.pop()
      // What is inside a parenthesis is over; the words behind it belong to the command before it: `(New-Object …).Method(…)`.
      this.current = parent === undefined || parent < 0 ? undefined : this.building.commands[parent]
    }
    return true
  }

  redirect(): void {
    const rest = this.text.slice(this.at, this.at + 3)
    const operator = (['<<<', '<<', '>>', '>&', '>', '<'] as const).find((one) => rest.startsWith(one)) ?? '>'
    this.at += operator.length
    if (operator === '<<' && this.text[this.at] === '-') this.at++
    while (this.text[this.at] === ' ') this.at++
    if (operator === '>' && this.text[this.at] === '|') this.at++
    const word = this.read()
    const command = this.open()
    if (operator === '<<<') command.stdin = word.text
    else if (operator === '<<') this.heredocs.push({ command, word: word.text })
    else command.redirects.push({ operator, target: word.text } satisfies Redirect)
    this.inner(command, word)
  }

  word(): void {
    const word = this.read()
    if (/^\d$/.test(word.text) && '<>'.includes(this.text[word.end] ?? ' ')) return
    const command = this.open()
    if (command.program === '' && this.prefix(command, word)) return this.inner(command, word)
    if (command.program === '') {
      command.path = word.text
      command.program = programName(word.text)
    } else command.args.push(word.text)
    this.inner(command, word)
  }

  /** Words before the program: assignments and keywords. */
  prefix(command: Command, word: Word): boolean {
    if (/^[A-Za-z_]\w*\+?=/.test(word.text)) {
      command.assignments.push(word.text)
      return true
    }
    if (this.context.dialect === 'powershell' && /^(?:\$[\w:{}.[\]]+|[-+]?=)$/.test(word.text)) {
      const follows = this.text.slice(this.at, this.at + 3).trimStart()
      return word.text === '=' || follows.startsWith('=')
    }
    return !word.quoted && KEYWORDS.has(word.text)
  }

  read(): Word {
    const word = readWord(this.text, this.at, this.context.dialect)
    this.at = Math.max(word.end, this.at + 1)
    this.building.disguises += word.disguises
    return word
  }

  inner(command: Command, word: Word): void {
    for (const text of word.substitutions) parseInto(this.building, text,
      { ...this.context, place: 'substitution', inside: command.index, depth: this.context.depth + 1 })
    for (const text of word.processes) parseInto(this.building, text, { ...this.context, place: 'process', inside: command.index,
      depth: this.context.depth + 1 })
  }

  open(): Command {
    if (this.current !== undefined) return this.current
    const inside = this.parents.at(-1) ?? this.context.inside
    const place = this.parents.length > 0 && inside >= 0 ? 'substitution' : this.context.place
    this.closed = -1
    this.current = blank(this.building.commands.length, place, inside)
    this.current.from = this.pipe
    this.building.commands.push(this.current)
    return this.current
  }

  end(): void {
    const command = this.current
    this.current = undefined
    this.pipe = -1
    if (command === undefined) return
    command.line = command.args.join(' ').replaceAll(/\s+/g, ' ').toLowerCase()
    if (command.place === 'launched') return
    this.launch(command)
  }

  /** Follows launchers (`sudo env x`) and code (`bash -c …`) of a finished command. */
  launch(command: Command): void {
    let launcher = command
    for (let hop = 0; hop < 4 && this.building.commands.length < COMMANDS; hop++) {
      this.runCode(launcher)
      const words = launchedBy(launcher)
      if (words.length === 0) return
      const launched = blank(this.building.commands.length, 'launched', launcher.index)
      launched.from = launcher.from
      launched.path = words[0] ?? ''
      launched.program = programName(launched.path)
      launched.args = words.slice(1)
      launched.line = launched.args.join(' ').replaceAll(/\s+/g, ' ').toLowerCase()
      launched.redirects = launcher.redirects
      this.building.commands.push(launched)
      launcher = launched
    }
  }

  runCode(command: Command): void {
    for (const code of codeOf(command, this.building.commands)) {
      if (code.decoded) this.building.decoded++
      const dialect = code.dialect ?? dialectOf(code.text)
      parseInto(this.building, code.text, { dialect, place: 'code', inside: command.index, depth: this.context.depth + 1 })
    }
  }
}

const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'fi', 'while', 'until', 'do', 'done', '!', 'time', 'try', 'return', '{', '}'])

const blank = (index: number, place: Place, inside: number): Command =>
  ({ index, place, inside, from: -1, program: '', path: '', args: [], line: '', assignments: [], redirects: [], stdin: '' })
