/** What a tool or a program works on, so that a command without names is seen to be of the same work as the tool that was denied. A bit each. */
import { nameWords } from '../request-fit/words.ts'

const TRADES: readonly (readonly [words: string, programs: string])[] = [
  ['branch branches commit commits merge pull push rebase tag repository repo git release', 'git gh glab hub'],
  ['pod pods deployment deployments namespace namespaces kubernetes cluster node nodes', 'kubectl helm oc'],
  ['table tables row rows query sql database databases schema', 'psql mysql mariadb sqlite3 mongosh mongo redis-cli sqlcmd'],
  ['instance instances bucket buckets policy iam role security cloud function stack', 'aws gcloud gsutil az terraform tofu pulumi'],
]
const BITS: ReadonlyMap<string, number> = new Map(TRADES.flatMap(([words], at) => words.split(' ').map((word) => [word, 1 << at] as const)))
const PROGRAM_BITS: ReadonlyMap<string, number> = new Map(TRADES.flatMap(([, programs], at) => programs.split(' ').map((program) => [program, 1 << at] as const)))

export const tradeOfTool = (tool: string): number => nameWords(tool).reduce((bits, word) => bits | (BITS.get(word) ?? 0), 0)
export const tradeOfPrograms = (programs: readonly string[]): number => programs.reduce((bits, program) => bits | (PROGRAM_BITS.get(program) ?? 0), 0)
