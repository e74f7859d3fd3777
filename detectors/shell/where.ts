/** Where a call carries shell text. The gate in front is what every call pays; everything behind it only calls that run commands. */
import { anyOf } from './pattern.ts'
import { leavesOf, type Leaf } from '../arguments/values.ts'

export interface ShellText {
  /** What is run, as one line of shell. */
  readonly text: string
}

/** A tool that says it runs things; a key that says it holds what is run. */
const RUNS = anyOf(/(?:^|[_\-./ ])(?:run|exec|execute|shell|bash|sh|zsh|terminal|powershell|pwsh|command|cmd|console|ssh|script)(?:$|[_\-./ ])/,
  /(?:run|exec|execute|start)_?(?:command|shell|bash|script|terminal|cmd|process|code|in)/,
  /[a-z](?:Command|Shell|Bash|Terminal|Script|Exec)\b|\b(?:Bash|Shell|PowerShell|Terminal)\b/)
const KEYED = /"(?:command|cmd|commands|command_?line|shell|shell_?command|script|bash|powershell|argv|exec|run)"\s?:/i
const KEY = /^(?:command|cmd|commands|command_?line|shell|shell_?command|script|bash|powershell|argv|exec|run)$/i
/** Keys that only a tool that runs things uses for what is run. */
const LOOSE_KEY = /^(?:code|args|arguments|input|line|text|query|statement|source|snippet|program|body|content)$/i
const ARGV_KEY = /^(?:argv|args|arguments|command|cmd|commands)$/i

/** Whether a call may carry shell text at all. */
export function mayRun(tool: string, args: string): boolean {
  return args.length > 2 && (KEYED.test(args.length > 4096 ? args.slice(0, 4096) : args) || RUNS.test(tool))
}

/** Shell texts of a call, in order; empty where it carries none. `args` is JSON text or plain text. */
export function shellTexts(tool: string, args: string): readonly ShellText[] {
  if (!mayRun(tool, args)) return []
  const runs = RUNS.test(tool)
  const leaves = leavesOf(args)
  const plain = leaves[0]
  if (leaves.length === 1 && plain?.path === '$') return runs ? [{ text: plain.text }] : []
  const program = interpreterOf(tool, leaves)
  const texts: ShellText[] = []
  for (const group of grouped(leaves)) {
    const key = group[0]?.key ?? ''
    if (!KEY.test(key) && !(runs && LOOSE_KEY.test(key))) continue
    const text = ARGV_KEY.test(key) && group.length > 1 ? group.map((leaf) => shellQuoted(leaf.text)).join(' ')
      : group.map((leaf) => leaf.text).join('\n')
    texts.push({ text: program === '' || !/^(?:code|script|source|snippet|program|input)$/i.test(key) ? text : `${program} -c ${shellQuoted(text)}` })
  }
  return combined(texts, leaves)
}

/** Leaves of one array belong together. */
function grouped(leaves: readonly Leaf[]): readonly (readonly Leaf[])[] {
  const groups: Leaf[][] = []
  let parent = ''
  for (const leaf of leaves) {
    const array = leaf.path.endsWith(']') ? leaf.path.slice(0, leaf.path.lastIndexOf('[')) : ''
    if (array !== '' && array === parent) groups.at(-1)?.push(leaf)
    else groups.push([leaf])
    parent = array
  }
  return groups
}

/** `{command: 'git', args: ['push', '--force']}` is one command. */
function combined(texts: readonly ShellText[], leaves: readonly Leaf[]): readonly ShellText[] {
  const [first, ...rest] = texts
  if (first === undefined || texts.length > 1) return texts.length === 2 && leaves.some((leaf) => /^\$\.args\[/.test(leaf.path))
    ? [{ text: texts.map(({ text }) => text).join(' ') }] : texts
  const args = leaves.filter((leaf) => /^\$\.args\[/.test(leaf.path))
  return args.length === 0 || first.text.includes(args[0]?.text ?? '\n') ? texts
    : [{ text: [first.text, ...args.map((leaf) => shellQuoted(leaf.text))].join(' ') }, ...rest]
}

const LANGUAGES = /\b(python|node|javascript|ruby|perl|php)\d?\b/i

/** The language of `code` where the tool or an argument names one other than a shell. */
function interpreterOf(tool: string, leaves: readonly Leaf[]): string {
  const said = leaves.find((leaf) => /^(?:language|lang|interpreter|runtime|kernel)$/i.test(leaf.key))?.text ?? tool.replaceAll(/[_\-.]/g, ' ')
  const language = LANGUAGES.exec(said)?.[1]?.toLowerCase() ?? ''
  return language === 'javascript' ? 'node' : language
}

const shellQuoted = (word: string): string => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
