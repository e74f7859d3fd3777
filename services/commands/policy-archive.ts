/** Archived interactions as policies judge them, asked over SQL, some thousands at a time. */
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import { sqlText, sqlTime } from '../../schemas/sql-literal.ts'
import { askRows, type JsonRow, type SqlOptions } from './ask-rows.ts'

const TIMES = ['started_at', 'ended_at', 'sort_at', 'received_at'] as const
const TEXTS = [
  'interaction_id', 'tenant', 'method', 'tool', 'prompt', 'resource', 'server', 'target', 'effect', 'actor', 'actor_kind', 'principal', 'principal_trust', 'client', 'client_trust', 'agent', 'agent_trust',
  'token_fingerprint', 'scopes', 'client_address', 'client_range', 'client_country', 'client_hosting', 'host', 'requested_by', 'request_fit', 'outcome', 'decision', 'decision_by', 'argument_sources',
] as const
/** Longer arguments are read as '': where they go to is then not known. */
const MOST_ARGUMENTS = 8_192
const PAGE = 5_000
const BUCKET_NS = 600_000_000_000n

const COLUMNS = [...TEXTS.map((name) => `i.${name} AS ${name}`), ...TIMES.map((name) => `toString(toUnixTimestamp64Nano(i.${name})) AS ${name}_ns`),
  `if(length(i.arguments) > ${MOST_ARGUMENTS}, '', i.arguments) AS arguments`].join(', ')

export interface Asked {
  readonly since: bigint
  readonly until: bigint
  readonly tenant?: string | undefined
}

function interactionOf(row: JsonRow): Interaction {
  const given = Object.fromEntries(TEXTS.map((name) => [name, row[name]]))
  const times = Object.fromEntries(TIMES.map((name) => [name, BigInt(String(row[`${name}_ns`]))]))
  const sources = new Map(Object.entries((row['argument_sources'] ?? {}) as Record<string, string>))
  return { ...blankInteraction(), ...given, ...times, arguments: String(row['arguments']), argument_sources: sources } as Interaction
}

const only = (tenant: string | undefined): string => (tenant === undefined ? '' : ` AND i.tenant = ${sqlText(tenant)}`)

/** Times with about a page of rows each, oldest first. */
async function slicesOf({ since, until, tenant }: Asked, options: SqlOptions): Promise<readonly (readonly [bigint, bigint])[]> {
  const counts = await askRows(`SELECT toString(intDiv(toUnixTimestamp64Nano(i.sort_at), ${BUCKET_NS})) AS bucket, count() AS n FROM interactions AS i
    WHERE i.sort_at >= ${sqlTime(since)} AND i.sort_at < ${sqlTime(until)} AND NOT i.server_internal${only(tenant)} GROUP BY bucket ORDER BY toInt64(bucket)`, options)
  const slices: (readonly [bigint, bigint])[] = []
  let [begin, gathered] = [since, 0]
  for (const { bucket, n } of counts) {
    const start = BigInt(String(bucket)) * BUCKET_NS
    if (gathered > 0 && gathered + Number(n) > PAGE) {
      slices.push([begin, start])
      ;[begin, gathered] = [start, 0]
    }
    gathered += Number(n)
  }
  return gathered === 0 ? slices : [...slices, [begin, until]]
}

/** What started in this time and is not a server's own, oldest first. */
export async function* archived(asked: Asked, options: SqlOptions): AsyncGenerator<readonly Interaction[]> {
  for (const [since, until] of await slicesOf(asked, options)) {
    for (let place = { at: since, after: '' };;) {
      const page = (await askRows(`SELECT ${COLUMNS} FROM interactions AS i
        WHERE i.sort_at >= ${sqlTime(place.at)} AND i.sort_at < ${sqlTime(until)} AND (i.sort_at > ${sqlTime(place.at)} OR i.interaction_id > ${sqlText(place.after)}) AND NOT i.server_internal${only(asked.tenant)}
        ORDER BY i.sort_at, i.interaction_id LIMIT ${PAGE}`, options)).map(interactionOf)
      if (page.length > 0) yield page
      const last = page.at(-1)
      if (last === undefined || page.length < PAGE) break
      place = { at: last.sort_at, after: last.interaction_id }
    }
  }
}

export async function archivedOne(id: string, options: SqlOptions): Promise<Interaction | undefined> {
  const [row] = await askRows(`SELECT ${COLUMNS} FROM interactions AS i WHERE i.interaction_id = ${sqlText(id)} LIMIT 1`, options)
  return row === undefined ? undefined : interactionOf(row)
}
