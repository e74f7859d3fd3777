/** Arguments of programs that people start by `npm run`: wrong use is a sentence, how it is used, and exit code 2. */
import { parseArgs, type ParseArgsConfig } from 'node:util'

const asksForHelp = (argument: string): boolean => argument === '--help' || argument === '-h'

/** Ends the process: on standard error what is wrong, then how it is used. */
export function refuse(message: string, usage: string): never {
  console.error(`${message}\n\n${usage}`)
  process.exit(2)
}

/** Ends the process with its usage where that is asked for. */
export function answerHelp(given: readonly string[], usage: string): void {
  if (!given.some(asksForHelp)) return
  console.log(usage)
  process.exit(0)
}

/** `parseArgs` of `process.argv`, with help. */
export function argumentsOf<T extends ParseArgsConfig>(config: T, usage: string): ReturnType<typeof parseArgs<T>> {
  answerHelp(process.argv.slice(2), usage)
  try {
    return parseArgs(config)
  } catch (error) {
    if (!(error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_'))) throw error
    return refuse(error.message, usage)
  }
}

/** The value of an option that is a whole number. */
export function wholeNumber(option: string, given: string, usage: string): number {
  return /^\d{1,9}$/.test(given) ? Number(given) : refuse(`${option} takes a whole number, not ${JSON.stringify(given)}.`, usage)
}

/** The same of an option that need not be there. */
export const wholeNumberOr = <T>(option: string, given: string | undefined, usage: string, absent: T): number | T =>
  given === undefined ? absent : wholeNumber(option, given, usage)
