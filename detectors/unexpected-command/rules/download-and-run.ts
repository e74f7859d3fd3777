/** Code fetched from elsewhere and run: by pipe, by substitution, or saved and then started. */
import { type Command, POWERSHELLS, type Script, SHELLS } from '../../shell/command.ts'
import { anyOf } from '../../shell/pattern.ts'
import type { CommandRule } from '../command-rule.ts'

const DOWNLOADERS = new Set(['curl', 'wget', 'fetch', 'aria2c', 'axel', 'iwr', 'irm', 'invoke-webrequest', 'invoke-restmethod', 'lwp-download',
  'lwp-request', 'lynx', 'links', 'httpie', 'http', 'xh', 'get', 'start-bitstransfer', 'ftp', 'tftp', 'scp'])
const INTERPRETERS = new Set([...SHELLS, ...POWERSHELLS, 'python', 'perl', 'ruby', 'php', 'node', 'deno', 'bun', 'lua', 'osascript', 'tclsh', 'iex',
  'invoke-expression', 'eval', 'source', '.', 'cscript', 'wscript', 'mshta'])

/** Output goes to standard output unless a file is named. */
const prints = (command: Command): boolean => DOWNLOADERS.has(command.program) && !/(?:^| )-i?I(?: |$)/.test(command.args.join(' '))

/** The download at the far end of a pipe of decoders and filters. */
function upstream(command: Command, script: Script): Command | undefined {
  let source = script.commands[command.from]
  for (let hop = 0; source !== undefined && hop < 6; hop++) {
    const launched = script.commands.find((one) => one.inside === source?.index && one.place === 'launched')
    if (prints(source)) return source
    if (launched !== undefined && prints(launched)) return launched
    source = script.commands[source.from]
  }
  return undefined
}

/** `… | python -m json.tool`, `| python -c '…'`, `| perl -ne` read data; without such words they read code. */
function readsCode(command: Command): boolean {
  const { program, args } = command
  if (SHELLS.has(program)) return !args.some((word) => /^-[a-z]*c$/.test(word))
    && (args.length === 0 || args.every((word, at) => /^-|^\/dev\/stdin$/.test(word) || at > 0))
  if (program === 'iex' || program === 'invoke-expression') return true
  return INTERPRETERS.has(program) && (args.length === 0 || args[0] === '-' || args[0] === '/dev/stdin')
}

const inner = (command: Command, script: Script): Command[] => script.commands.filter((one) => one.inside === command.index
  && (one.place === 'substitution' || one.place === 'process'))

const WEB_CODE = anyOf(/\b(?:downloadstring|downloaddata|openread)\b|net\.webclient|\binvoke-webrequest\b|\biwr\b|\birm\b/,
  /\binvoke-restmethod\b|msxml2\.\w*xmlhttp|winhttp/)

/** File names that a download of this command leaves behind. */
function savedBy(command: Command): readonly string[] {
  if (!DOWNLOADERS.has(command.program)) return []
  const names = command.redirects.filter((one) => one.operator === '>').map((one) => one.target)
  command.args.forEach((word, at) => {
    const next = command.args[at + 1]
    if (next !== undefined && /^(?:-o|-O|--output|--output-document|-OutFile|-out|-Destination)$/i.test(word)) names.push(next)
    if (/^[a-z]+:\/\//i.test(word) && (command.program === 'wget'
      || command.args.some((flag) => /^-[a-zA-Z]*O$|^--remote-name$/.test(flag)))) names.push(word.slice(word.lastIndexOf('/') + 1))
  })
  return names.map((name) => name.replace(/^\.\//, '')).filter((name) => name.length > 1 && name !== '-')
}

const LEAVES_ALONE = new Set(['tar', 'unzip', 'gunzip', 'cat', 'less', 'head', 'ls', 'rm', 'mv', 'cp', 'file', 'dpkg', 'rpm', 'apt', 'apt-get',
  'yum', 'dnf', 'apk', 'jq', 'grep', 'sha256sum', 'shasum', 'md5sum', 'gpg', 'openssl', 'test', '[', 'wc', 'sed', 'awk', 'echo'])

function runsSaved(command: Command, script: Script): boolean {
  if (script.commands.length < 2 || LEAVES_ALONE.has(command.program) || DOWNLOADERS.has(command.program)) return false
  const names = new Set(script.commands.slice(0, command.index).flatMap(savedBy))
  if (names.size === 0) return false
  const bare = (word: string): string => word.replace(/^\.\//, '')
  if (names.has(bare(command.path))) return true
  if (command.program === 'chmod') return /\+x|7[0-7][0-7]/.test(command.line) && command.args.some((word) => names.has(bare(word)))
  return INTERPRETERS.has(command.program) && names.has(bare(command.args.find((word) => !word.startsWith('-')) ?? ''))
}

export const downloadAndRun: readonly CommandRule[] = [
  { id: 'download-piped', severity: 'critical', reason: 'pipes a download into an interpreter', attack: 'T1105', programs: [...INTERPRETERS],
    when: (command, script) => readsCode(command) && upstream(command, script) !== undefined },
  { id: 'download-substituted', severity: 'critical', reason: 'runs the output of a download', attack: 'T1105', programs: [...INTERPRETERS],
    when: (command, script) => inner(command, script).some(prints) || inner(command, script).some((one) => /webclient|xmlhttp/.test(one.line)) },
  { id: 'download-expression', severity: 'critical', reason: 'evaluates text that it downloads', attack: 'T1059.001',
    programs: ['iex', 'invoke-expression', '.downloadstring', 'new-object', 'foreach-object'],
    when: (_, script) => script.commands.some((one) => /^(?:iex|invoke-expression)$/.test(one.program)
      || /\biex\b|invoke-expression/.test(one.line)) && script.commands.some((one) => WEB_CODE.test(one.line) || WEB_CODE.test(one.program)) },
  { id: 'download-saved', severity: 'high', reason: 'starts a file that it has just downloaded', attack: 'T1105', programs: [], when: runsSaved },
  { id: 'download-python', severity: 'critical', reason: 'executes code fetched over the network', attack: 'T1059.006',
    programs: ['python', 'perl', 'ruby', 'php', 'node'], line: [/\bexec\b|\beval\b/,
    /urlopen|urllib|requests\.get|net\/http|lwp::|file_get_contents|https?\.get|open-uri/] },
]
