/** `watchkeeper tools list|diff`: the tool inventory, asked over SQL like `watchkeeper query`. */
import { sqlText, sqlTime } from '../../schemas/sql-literal.ts'
import { query, type QueryOptions } from './query.ts'
import { timeOf } from './quarantine.ts'

export interface ToolsOptions extends QueryOptions {
  readonly server?: string
  readonly tenant?: string
  readonly at?: string
  readonly since?: string
  readonly until?: string
}

const WEEK_MS = 7 * 86_400_000
const MOST_ROWS = 1_000

const moment = (text: string | undefined, otherwiseMs: number, nowMs: number): string =>
  sqlTime(BigInt(text === undefined ? otherwiseMs : Date.parse(timeOf(text, nowMs))) * 1_000_000n)

function only({ server, tenant }: ToolsOptions): string {
  const conditions = [...(server === undefined ? [] : [`server = ${sqlText(server)}`]), ...(tenant === undefined ? [] : [`tenant = ${sqlText(tenant)}`])]
  return conditions.map((condition) => ` AND ${condition}`).join('')
}

const LIST = 'tenant, server, target, source, emitter, vantage, agent, client, kind'

/** Of each list and name the version that was seen last before that time, unless the same list was seen five minutes later without it. */
export function listSql(options: ToolsOptions, nowMs: number): string {
  const at = moment(options.at, nowMs, nowMs)
  return `SELECT tenant, server, source, vantage, agent, client, kind, name, substring(definition_hash, 1, 12) AS hash, first_seen, seen_until, substring(description, 1, 60) AS says
    FROM (
      SELECT *, least(last_seen, ${at}) AS seen_until, max(least(last_seen, ${at})) OVER (PARTITION BY ${LIST}) AS list_until
      FROM tool_inventory WHERE first_seen <= ${at}${only(options)}
    )
    WHERE seen_until + INTERVAL 5 MINUTE >= list_until ORDER BY seen_until DESC, first_seen DESC LIMIT 1 BY ${LIST}, name LIMIT ${MOST_ROWS}`
}

export function diffSql(options: ToolsOptions, nowMs: number): string {
  const [since, until] = [moment(options.since, nowMs - WEEK_MS, nowMs), moment(options.until, nowMs, nowMs)]
  return `SELECT changed_at, change, tenant, server, source, vantage, agent, client, kind, name, parts, substring(description_before, 1, 200) AS said, substring(description, 1, 200) AS says
    FROM tool_changes WHERE changed_at >= ${since} AND changed_at < ${until}${only(options)} ORDER BY changed_at, server, kind, name LIMIT ${MOST_ROWS}`
}

export const toolsList = (options: ToolsOptions): Promise<number> => query(listSql(options, Date.now()), options)
export const toolsDiff = (options: ToolsOptions): Promise<number> => query(diffSql(options, Date.now()), options)
