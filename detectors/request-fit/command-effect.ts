/** A tool that runs commands or statements can only be judged by what it runs: `ls` through a shell reads, and so does a SELECT. */
import type { Effect } from '../../schemas/vocabulary.ts'
import { leavesOf } from '../arguments/values.ts'
import { onlyLooks } from '../shell/looking.ts'
import { parseShell } from '../shell/parse.ts'
import { shellTexts } from '../shell/where.ts'

/** Keys that hold a statement to a database. */
const STATEMENT = /^(?:sql|sql_?query|query|statement)$/i
const LOOKS = /^\s*(?:select|with|show|describe|desc|explain)\s/i
/** Words that can change something even within a statement that begins as if it looked, and functions that reach out of the database. */
const CHANGES = /\b(?:insert|update|delete|drop|truncate|alter|create|grant|revoke|merge|replace|into|call|exec|execute|copy|load|set|outfile|load_file|dblink|pg_\w{1,40}|xp_\w{1,40}|sp_\w{1,40}|lo_\w{1,40})\b/i
/** Beside a statement, what else is run. */
const RUNS = /command|cmd|shell|bash|script|argv|exec|run|code/i
const LONGEST = 4_000

/** One statement of SQL that only reads. */
function statementLooks(text: string): boolean {
  if (!LOOKS.test(text)) return false
  const semicolon = text.indexOf(';')
  return (semicolon === -1 || text.slice(semicolon + 1).trim() === '') && !CHANGES.test(text)
}

function isStatementThatLooks(args: string): boolean {
  if (args.length > LONGEST) return false
  const leaves = leavesOf(args)
  const statements = leaves.filter(({ key }) => STATEMENT.test(key))
  return statements.length > 0 && statements.every(({ text }) => statementLooks(text)) && !leaves.some(({ key }) => RUNS.test(key))
}

/** `read` where a call that executes only looks at things, else the effect as it was. */
export function milderEffect(effect: Effect, tool: string, args: string): Effect {
  if (effect !== 'execute') return effect
  if (isStatementThatLooks(args)) return 'read'
  const texts = shellTexts(tool, args)
  if (texts.length === 0) return effect
  return texts.every(({ text }) => parseShell(text).commands.every(onlyLooks)) ? 'read' : effect
}
