/** Which attribute names something here reads, by emitter: whatever else arrives is unmapped, and shown as such in coverage. */
import { MCP_HEADERS, RESOURCE } from './emitters/conventions.ts'
import { EMITTERS } from './emitters/list.ts'
import type { EmitterTable, Mark } from './emitters/table.ts'

export interface KnownKeys {
  readonly exact: ReadonlySet<string>
  readonly prefixes: readonly string[]
}

const keysOfMark = ({ keys, prefix }: Mark): readonly string[] => (prefix === undefined ? (keys ?? []) : [])

function knownTo(table: EmitterTable): KnownKeys {
  const sources = [...Object.values(table.fields), ...Object.values(MCP_HEADERS)].flat()
  const conditions = [...(table.implied ?? []), ...(table.vantageWhere ?? [])].flatMap(({ when }) => ('key' in when ? [when.key] : 'given' in when ? [when.given] : []))
  const where = sources.flatMap((source) => ('where' in source && source.where !== undefined ? [source.where.key] : []))
  const exact = [
    ...sources.map(({ key }) => key), ...where, ...conditions, ...(table.recognise.marks ?? []).flatMap(keysOfMark), ...(table.recognise.resource ?? []),
    ...(table.resourcePrincipal ?? []), ...Object.values(RESOURCE), ...(table.eventName === undefined ? [] : [table.eventName.key]),
  ]
  return { exact: new Set(exact), prefixes: sources.flatMap((source) => ('prefix' in source && source.prefix === true ? [source.key] : [])) }
}

/** By emitter. */
export const knownKeys = (): ReadonlyMap<string, KnownKeys> => new Map(EMITTERS.map((table) => [table.id, knownTo(table)]))
