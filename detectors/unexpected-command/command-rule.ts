/** One thing that no ordinary command does, as data: which programs, which words, why it matters. */
import type { Command, Script } from '../shell/command.ts'
import type { Severity } from '../../schemas/vocabulary.ts'

export interface CommandRule {
  readonly id: string
  readonly severity: Severity
  /** What the command does, as a clause; never text of the command. */
  readonly reason: string
  /** ATT&CK v19 technique. */
  readonly attack: string
  /** Base names in lower case; empty = any command. */
  readonly programs: readonly string[]
  /** All of these are found in the arguments (lower case, single spaces). Each is linear: no nested or adjacent repetition. */
  readonly line?: readonly RegExp[]
  /** And this holds. */
  readonly when?: (command: Command, script: Script) => boolean
}

/** Programs whose arguments are data that they print, search for or store: what is written there is not done. */
export const DATA_PROGRAMS: ReadonlySet<string> = new Set(
  ('echo printf grep egrep fgrep rg ag ack zgrep git hg svn man tldr whatis apropos info which type help whereis jq yq logger say cowsay ' +
    'notify-send gh glab jira ' +
  'write-host write-output write-verbose write-warning write-error select-string findstr title rem expr test [ [[ case for export-csv true ' +
  'false pgrep locate').split(' '),
)

export function ruleMatches(rule: CommandRule, command: Command, script: Script): boolean {
  if (rule.line !== undefined && !rule.line.every((pattern) => pattern.test(command.line))) return false
  return rule.when?.(command, script) ?? true
}
