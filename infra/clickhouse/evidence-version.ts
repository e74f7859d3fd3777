/** What to say where the tables have not what a verifier reads: an earlier version wrote them, or somebody dropped something. */
import { Failure } from '../../schemas/failure.ts'
import type { EngineError } from './engine-error.ts'

/** The last migration of which a verifier reads something: the credential in the record. Leaves and checkpoints are there since 0018. */
export const LAST_READ = 22
const NOT_THERE: ReadonlySet<string> = new Set(['UNKNOWN_TABLE', 'UNKNOWN_IDENTIFIER', 'UNKNOWN_DATABASE', 'NO_SUCH_COLUMN_IN_TABLE', 'THERE_IS_NO_COLUMN'])
const NEWEST = 'SELECT max(number) FROM watchkeeper.schema_migrations'

/**
 * Failure `misconfigured` with what to do, where the error says that something is not there; else undefined. `ask` gives the first cell of a statement's
 * answer, or throws.
 */
export async function whyNotThere({ symbol, message }: EngineError, name: string, ask: (sql: string) => Promise<string>): Promise<Failure | undefined> {
  if (!NOT_THERE.has(symbol)) return undefined
  const newest = Number(await ask(NEWEST).catch(() => ''))
  const what = `${name}: ${message.slice(0, 200).trim()}`
  if (newest >= LAST_READ) {
    return new Failure('misconfigured', 'evidence.dropped', `${what}. It was there once (migration ${newest} was applied), so somebody dropped or renamed it: verify a copy from before, and look into who did.`)
  }
  const since = newest > 0 ? `an earlier version wrote these tables (migration ${newest}, and ${LAST_READ} is needed)` : 'an earlier version wrote these tables, or they are none of Watchkeeper\'s'
  return new Failure('misconfigured', 'evidence.version',
    `${what}. There is nothing to verify them by: ${since}. Start this version once on them (watchkeeper serve, or watchkeeper migrate for a ClickHouse server): what is stored gets leaves and ` +
    'a checkpoint seconds later, and can be verified from then on. What happened to it before cannot be said.')
}
