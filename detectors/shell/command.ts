/** What shell text comes to: simple commands with how they hang together. Built by `parseShell`; read by rules. */

export type Dialect = 'posix' | 'cmd' | 'powershell'

/**
 * How a command came to stand where it does: written there, in `$(…)`, in `<(…)`, as text given to another command to run
 * (`bash -c`, `eval`, a pipe into `sh`), or as the words behind a launcher (`sudo`, `xargs`, `find -exec`).
 */
export type Place = 'top' | 'substitution' | 'process' | 'code' | 'launched'

export interface Redirect {
  readonly operator: '>' | '>>' | '<' | '<<' | '<<<' | '>&'
  readonly target: string
}

export interface Command {
  readonly index: number
  readonly place: Place
  /** Index of the command it belongs to, -1 at the top. */
  readonly inside: number
  /** Index of the command whose output it reads through a pipe, -1 where none. */
  from: number
  /** Base name in lower case without `.exe` and the like; '' for a bare assignment or redirect. */
  program: string
  /** The program as it was written. */
  path: string
  /** Words behind the program, quotes resolved, substitutions left as text. */
  args: string[]
  /** The arguments in lower case, joined by single spaces: what rules test. */
  line: string
  /** `NAME=value` words before the program. */
  assignments: string[]
  redirects: Redirect[]
  /** Text of a here-document or here-string. */
  stdin: string
}

export interface Script {
  readonly dialect: Dialect
  readonly commands: readonly Command[]
  /** Escape characters and empty quotes inside words, string joins: signs that somebody hid the words. */
  readonly disguises: number
  /** Base64 that was decoded on the way to a command. */
  readonly decoded: number
}

export const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh', 'ash', 'fish', 'csh', 'tcsh', 'rbash'])
export const POWERSHELLS: ReadonlySet<string> = new Set(['powershell', 'pwsh'])

/** `/usr/bin/Curl.EXE` → `curl`; `python3.11` → `python`. */
export function programName(word: string): string {
  const base = word.slice(Math.max(word.lastIndexOf('/'), word.lastIndexOf('\\')) + 1).toLowerCase()
  const name = base.replace(/\.(?:exe|com|bat|cmd)$/, '')
  return /^(?:python|perl|ruby|php|lua|node|pip|java)[\d.]+$/.test(name) ? name.replace(/[\d.]+$/, '') : name
}
