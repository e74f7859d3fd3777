/** All rules over all commands of one shell text. */
import { type Command, type Script } from '../shell/command.ts'
import { parseShell } from '../shell/parse.ts'
import { SEVERITY_ORDER, type Severity } from '../../schemas/vocabulary.ts'
import { type CommandRule, ruleMatches } from './command-rule.ts'
import { credentials } from './rules/credentials.ts'
import { defence } from './rules/defence.ts'
import { downloadAndRun } from './rules/download-and-run.ts'
import { impact } from './rules/impact.ts'
import { opened } from './rules/opened.ts'
import { persistence } from './rules/persistence.ts'
import { privilege } from './rules/privilege.ts'
import { published } from './rules/published.ts'
import { shells } from './rules/shells.ts'
import { windows } from './rules/windows.ts'

export const COMMAND_RULES: readonly CommandRule[] = [...downloadAndRun, ...shells, ...credentials, ...persistence, ...defence, ...impact,
  ...privilege, ...opened, ...published, ...windows]

const ANY: readonly CommandRule[] = COMMAND_RULES.filter((rule) => rule.programs.length === 0)
const BY_PROGRAM: ReadonlyMap<string, readonly CommandRule[]> = indexed()

function indexed(): ReadonlyMap<string, readonly CommandRule[]> {
  const index = new Map<string, CommandRule[]>()
  for (const rule of COMMAND_RULES) for (const program of rule.programs) index.set(program, [...(index.get(program) ?? []), rule])
  return index
}

export interface Verdict {
  /** Of the worst rule. */
  readonly severity: Severity
  /** Distinct rules that matched, worst first. */
  readonly rules: readonly CommandRule[]
}

/** Undefined where no rule matches. */
export function judgeScript(script: Script): Verdict | undefined {
  const found = new Set<CommandRule>()
  for (const command of script.commands) judgeCommand(command, script, found)
  if (found.size === 0) return undefined
  const rules = [...found].sort((a, b) => weight(b.severity) - weight(a.severity))
  return { severity: rules[0]?.severity ?? 'medium', rules }
}

/** `parseShell` and `judgeScript`; text over 16 KiB is judged by its first 16 KiB. */
export function judgeText(text: string): Verdict | undefined {
  return judgeScript(parseShell(text))
}

function judgeCommand(command: Command, script: Script, found: Set<CommandRule>): void {
  for (const rule of BY_PROGRAM.get(command.program) ?? []) if (ruleMatches(rule, command, script)) found.add(rule)
  for (const rule of ANY) if (ruleMatches(rule, command, script)) found.add(rule)
}

const weight = (severity: Severity): number => SEVERITY_ORDER.indexOf(severity)
