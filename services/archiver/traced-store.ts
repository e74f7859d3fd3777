/** One span for each insert. The token is not among the attributes: it says nothing to a reader. */
import { trace } from '@opentelemetry/api'
import type { LeafRun, Store } from '../../schemas/ports.ts'
import { traced } from '../../schemas/traced.ts'

export type InsertStore = Pick<Store, 'insertEvents' | 'insertLeaves' | 'insertRows' | 'places' | 'eventIdsFrom' | 'query'>

export const leavesIn = (runs: readonly LeafRun[]): number => runs.reduce((sum, { leaves }) => sum + leaves.length, 0)

/** `store` with its inserts under spans; what it throws is not changed. */
export function tracedStore(store: InsertStore): InsertStore {
  const tracer = trace.getTracer('watchkeeper.archiver')
  const insert = (table: string, rows: number, work: () => Promise<void>): Promise<void> =>
    traced(tracer, { name: `insert ${table}`, attributes: { 'watchkeeper.table': table, 'watchkeeper.rows': rows } }, work)
  return {
    insertEvents: (events, token) => insert('audit_events', events.length, () => store.insertEvents(events, token)),
    insertLeaves: (runs, token) => insert('event_leaves', leavesIn(runs), () => store.insertLeaves(runs, token)),
    insertRows: (table, rows, token) => insert(table, rows.length, () => store.insertRows(table, rows, token)),
    query: (sql, parameters) => store.query(sql, parameters),
    places: (tenant, eventIds) => store.places(tenant, eventIds),
    eventIdsFrom: (partition, offset) => store.eventIdsFrom(partition, offset),
  }
}
