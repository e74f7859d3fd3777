/** SHOW and EXISTS: their parse hides what they filter by, so that only these whole forms of the engine's own spelling are accepted. */
import { DATABASE } from './published.ts'
import { SqlError } from './sql-error.ts'

const NAME = '[A-Za-z_][A-Za-z0-9_]*'
const FORMAT = `(?: FORMAT (?<format>${NAME}))?`
const LIKE = `(?: (?:NOT )?I?LIKE '[^'\\\\]*')?`
const TABLES = new RegExp(`^SHOW (?:FULL )?TABLES(?: FROM (?<database>${NAME}))?${LIKE}${FORMAT}$`)
const DATABASES = new RegExp(`^SHOW DATABASES${LIKE}${FORMAT}$`)
const CREATE = new RegExp(`^SHOW CREATE (?:TABLE|VIEW) (?<table>${NAME}(?:\\.${NAME})?)${FORMAT}$`)
const EXISTS = new RegExp(`^EXISTS (?:TABLE |VIEW )?(?<table>${NAME}(?:\\.${NAME})?)${FORMAT}$`)

const FORMS: ReadonlyMap<string, readonly RegExp[]> = new Map([
  ['ShowTables', [TABLES, DATABASES]],
  ['ShowCreateTableQuery', [CREATE]],
  ['ShowCreateViewQuery', [CREATE]],
  ['ExistsTableQuery', [EXISTS]],
  ['ExistsViewQuery', [EXISTS]],
])

/**
 * The format asked for, or ''. `type` is the parse's outermost node. Throws SqlError READONLY for everything but the forms above; `checkTable`
 * throws for its own reasons.
 */
export function judgeShow(type: string, canonical: string, checkTable: (name: string) => void): string {
  const match = (FORMS.get(type) ?? []).map((form) => form.exec(canonical)).find((found) => found !== null)
  if (match === undefined) {
    const accepted = 'SELECT, DESCRIBE, EXPLAIN, EXISTS, SHOW TABLES, SHOW DATABASES and SHOW CREATE TABLE of published tables'
    throw new SqlError('READONLY', `Only ${accepted} are accepted`)
  }
  const { database, table, format } = match.groups ?? {}
  if (database !== undefined && database !== DATABASE) throw new SqlError('ACCESS_DENIED', 'Tables of other databases are not shown')
  if (table !== undefined) checkTable(table)
  return format ?? ''
}
