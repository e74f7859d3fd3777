/** File tools that touch what a command must not touch either: keys read, login files or agent configuration written. */
import { effectOf } from '../request-fit/effect.ts'
import { leavesOf } from '../arguments/values.ts'
import type { CommandRule } from './command-rule.ts'
import { AGENT_CONFIG_PATH, AUTOSTART_PATH, CREDENTIAL_PATH, SUDOERS_PATH } from './rules/paths.ts'

/** One cheap look at the whole text before anything is parsed: each path worth naming holds one of these. */
const MARKS = ['/.', '\\.', '".', '/etc/', 'mcp', 'tartup', '/Launch', 'authorized_keys']
const LOOKED_AT = 4096
const worthIt = (args: string): boolean => {
  const head = args.length > LOOKED_AT ? args.slice(0, LOOKED_AT) : args
  return MARKS.some((mark) => head.includes(mark))
}
/** Arguments that hold paths. */
export const PATH_KEY = /^(?:file_?)?(?:path|paths|name|uri|target|destination|dest|source|src|file|filename|file_?path|notebook_path)$/i

const READ: CommandRule = { id: 'file-credential', severity: 'high', reason: 'reads a file of keys or passwords', attack: 'T1552.001', programs: [] }
const START: CommandRule = { id: 'file-autostart', severity: 'high', reason: 'writes a file that runs at login, at boot or on a schedule',
  attack: 'T1546.004', programs: [] }
const ROOT: CommandRule = { id: 'file-sudoers', severity: 'critical', reason: 'changes who may become root', attack: 'T1548.003', programs: [] }
const AGENT: CommandRule = { id: 'file-agent-config', severity: 'high', reason: 'changes what an AI agent or MCP server may do', attack: 'T1546',
  programs: [] }

/** Notes to an agent are edited all day; what it may run is not. */
export const NOTES = /(?:claude|agents)\.md$|copilot-instructions|\.claude[/\\](?:commands|skills|todos|plans|projects)/

export interface FileFinding {
  readonly rule: CommandRule
  readonly path: string
}

/** The first path of a call to a file tool that it had better not touch. */
export function fileAccess(tool: string, args: string): FileFinding | undefined {
  if (!worthIt(args)) return undefined
  const leaves = leavesOf(args).filter((leaf) => PATH_KEY.test(leaf.key))
  if (leaves.length === 0) return undefined
  const effect = effectOf({ tool, argumentNames: [] })
  for (const leaf of leaves) {
    const rule = ruleFor(leaf.text.toLowerCase(), effect)
    if (rule !== undefined) return { rule, path: leaf.text }
  }
  return undefined
}

function ruleFor(path: string, effect: string): CommandRule | undefined {
  if (effect === 'read') return CREDENTIAL_PATH.test(path) ? READ : undefined
  if (effect !== 'write') return undefined
  if (SUDOERS_PATH.test(path)) return ROOT
  if (AUTOSTART_PATH.test(path)) return START
  return AGENT_CONFIG_PATH.test(path) && !NOTES.test(path) ? AGENT : undefined
}
