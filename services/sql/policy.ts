/** The engine's catalogue turned into what a user may see. */
import type { EngineCatalogue, RowFilters } from './engine-port.ts'
import { isAllowedFunction } from './functions.ts'
import type { Policy } from './judge.ts'
import { COMMON_TABLES, DATABASE } from './published.ts'

/** What is allowed to a user who sees one tenant, or all. `published` are the names that may be read. */
export function policyFor(catalogue: EngineCatalogue, published: readonly string[], tenantBound: boolean): Policy {
  const names = new Set(published)
  return {
    published: names,
    hidden: new Set(catalogue.tables.map((table) => table.name).filter((name) => !names.has(name))),
    databases: new Set(catalogue.databases.map((name) => name.toLowerCase())),
    refusedFunctions: new Set(catalogue.functions.filter((name) => !isAllowedFunction(name)).map((name) => name.toLowerCase())),
    tenantBound,
  }
}

/**
 * Row filters of a session. A tenant's go on every table that stores rows, published or not: they reach through views. A table without a column
 * `tenant` shows nothing, but for those that are nobody's.
 */
export function rowFiltersFor(catalogue: EngineCatalogue, published: readonly string[], tenant: string, settings: readonly string[]): RowFilters {
  const filters = new Map<string, Readonly<Record<string, readonly string[]>>>([
    ['system.databases', { name: [DATABASE] }],
    ['system.tables', { database: [DATABASE], name: published }],
    ['system.columns', { database: [DATABASE], table: published }],
    ['system.settings', { name: settings }],
  ])
  if (tenant === '*') return filters
  for (const table of catalogue.tables) {
    if (table.stored && !COMMON_TABLES.has(table.name)) filters.set(`${DATABASE}.${table.name}`, table.tenant ? { tenant: [tenant] } : {})
  }
  return filters
}

