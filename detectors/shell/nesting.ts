/** Which words of a command are another command, and which of its texts are code that it runs. */
import { type Command, type Dialect, POWERSHELLS, SHELLS } from './command.ts'

/** Launchers: flags that take a value, and how many plain words come before the command. */
const LAUNCHERS: ReadonlyMap<string, { readonly valued: string; readonly skip: number }> = new Map(Object.entries({
  sudo: { valued: 'ugpCDRTh', skip: 0 }, doas: { valued: 'uC', skip: 0 }, env: { valued: 'uC', skip: 0 }, nohup: { valued: '', skip: 0 },
    setsid: { valued: '', skip: 0 },
  time: { valued: 'fo', skip: 0 }, timeout: { valued: 'sk', skip: 1 }, nice: { valued: 'n', skip: 0 }, ionice: { valued: 'cnp', skip: 0 },
    stdbuf: { valued: 'ioe', skip: 0 },
  xargs: { valued: 'InPLdsEa', skip: 0 }, exec: { valued: 'a', skip: 0 }, command: { valued: '', skip: 0 }, builtin: { valued: '', skip: 0 },
    busybox: { valued: '', skip: 0 },
  chroot: { valued: '', skip: 1 }, watch: { valued: 'n', skip: 0 }, strace: { valued: 'eops', skip: 0 }, flock: { valued: 'w', skip: 1 },
    unshare: { valued: '', skip: 0 },
  start: { valued: '', skip: 0 }, call: { valued: '', skip: 0 }, parallel: { valued: 'jI', skip: 0 }, 'start-process': { valued: '', skip: 0 },
    then: { valued: '', skip: 0 },
}))

/** Words of the command that this one starts; empty where it starts none. */
export function launchedBy(command: Command): readonly string[] {
  if (command.program === 'find' || command.program === 'fd') return executed(command.args)
  const launcher = LAUNCHERS.get(command.program)
  if (launcher === undefined) return []
  let at = 0
  let skip = launcher.skip
  for (; at < command.args.length; at++) {
    const word = command.args[at] ?? ''
    if (word === '--') return command.args.slice(at + 1)
    if (word.startsWith('-') && word.length > 1) at += word.length === 2 && launcher.valued.includes(word[1] ?? ' ') ? 1 : 0
    else if (/^[A-Za-z_]\w*=/.test(word) || (command.program === 'start' && /^\/\w|^$/.test(word))) continue
    else if (skip-- <= 0) break
  }
  return command.args.slice(at)
}

function executed(args: readonly string[]): readonly string[] {
  const from = args.findIndex((word) => /^-(?:exec|execdir|ok|okdir|x|X)$/.test(word))
  if (from < 0) return []
  const end = args.findIndex((word, at) => at > from && (word === ';' || word === '+'))
  return args.slice(from + 1, end < 0 ? args.length : end)
}

export interface Code {
  readonly text: string
  readonly dialect?: Dialect
  readonly decoded: boolean
}

/** Texts that the command runs as shell code. */
export function codeOf(command: Command, commands: readonly Command[]): readonly Code[] {
  const { program, args } = command
  if (SHELLS.has(program) || program === 'su') return shellCode(command, commands)
  if (program === 'eval') return [{ text: args.join(' '), decoded: false }]
  if (program === 'cmd') return afterFlag(args, /^\/[ckr]$/i, 'cmd')
  if (POWERSHELLS.has(program)) return powershellCode(args)
  if (program === 'iex' || program === 'invoke-expression') return args.length > 0
    ? [{ text: args.join(' '), dialect: 'powershell', decoded: false }] : []
  if (program === 'ssh') return remoteCode(args)
  return []
}

function shellCode(command: Command, commands: readonly Command[]): Code[] {
  const flag = command.args.findIndex((word) => /^-[a-z]*c$/.test(word))
  const text = flag < 0 ? undefined : command.args[flag + 1]
  if (text !== undefined) return [{ text, dialect: 'posix', decoded: false }]
  if (command.stdin !== '') return [{ text: command.stdin, dialect: 'posix', decoded: false }]
  const piped = printed(command.from, commands)
  return piped === undefined ? [] : [{ ...piped, dialect: 'posix' }]
}

/** What `echo`, or `echo | base64 -d`, writes into the pipe. */
function printed(from: number, commands: readonly Command[]): Omit<Code, 'dialect'> | undefined {
  const source = commands[from]
  if (source === undefined) return undefined
  if (source.program === 'echo' || source.program === 'printf') return { text: source.args.filter((word) => !/^-[neE]+$/.test(word)).join(' '),
    decoded: false }
  const decodes = (source.program === 'base64' && /(?:^| )(?:-d|-D|--decode)/i.test(source.line))
    || (source.program === 'openssl' && source.line.includes('-d'))
  if (!decodes) return undefined
  const encoded = source.stdin === '' ? printed(source.from, commands)?.text : source.stdin
  const text = encoded === undefined ? undefined : decodeBase64(encoded, 'latin1')
  return text === undefined ? undefined : { text, decoded: true }
}

function afterFlag(args: readonly string[], flag: RegExp, dialect: Dialect): Code[] {
  const at = args.findIndex((word) => flag.test(word))
  return at < 0 || at + 1 >= args.length ? [] : [{ text: args.slice(at + 1).join(' '), dialect, decoded: false }]
}

function powershellCode(args: readonly string[]): Code[] {
  const encoded = args.findIndex((word) => /^[-/]e(?:c|n|nc|nco|ncod\w*)?$/i.test(word))
  if (encoded >= 0) {
    const text = decodeBase64(args[encoded + 1] ?? '', 'utf16')
    return text === undefined ? [] : [{ text, dialect: 'powershell', decoded: true }]
  }
  const named = afterFlag(args, /^[-/]c(?:ommand)?$/i, 'powershell')
  if (named.length > 0) return named
  const plain = args.findIndex((word, at) => !/^[-/]/.test(word)
    && !/^[-/](?:ex\w*|ep|w\w*|v\w*|in\w*|out\w*|f\w*|psc\w*)$/i.test(args[at - 1] ?? ''))
  return plain < 0 ? [] : [{ text: args.slice(plain).join(' '), dialect: 'powershell', decoded: false }]
}

function remoteCode(args: readonly string[]): Code[] {
  const host = args.findIndex((word, at) => !word.startsWith('-') && !/^-[bcDEeFIiJLlmOopQRSWw]$/.test(args[at - 1] ?? ''))
  const words = host < 0 ? [] : args.slice(host + 1)
  return words.length === 0 ? [] : [{ text: words.join(' '), dialect: 'posix', decoded: false }]
}

const BASE64 = /^[A-Za-z0-9+/]{8,}={0,2}$/

/** Undefined where the text is no base64 of readable text. `latin1` keeps bytes, `utf16` is little-endian. */
function decodeBase64(text: string, as: 'latin1' | 'utf16'): string | undefined {
  const compact = text.replaceAll(/\s/g, '')
  if (!BASE64.test(compact)) return undefined
  const bytes = atob(compact.slice(0, compact.length - (compact.length % 4 === 1 ? 1 : 0)))
  if (as === 'latin1') return readable(bytes) ? bytes : undefined
  let out = ''
  for (let at = 0; at + 1 < bytes.length; at += 2) out += String.fromCharCode(bytes.charCodeAt(at) | (bytes.charCodeAt(at + 1) << 8))
  return readable(out) ? out : undefined
}

function readable(text: string): boolean {
  let odd = 0
  for (const char of text) if (char < ' ' && !'\n\r\t'.includes(char)) odd++
  return text.length > 0 && odd * 20 < text.length
}
