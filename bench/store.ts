/**
 * What the ClickHouse store costs and answers. `node bench/store.js [events] [interactions] [directory]`: inserts, then asks what an auditor asks.
 * CPU is that of this process, engine and background merges included, less what making the rows cost.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../infra/clickhouse/store.ts'
import { eventAt, interactionAt } from './store-rows.ts'

const BATCH = 10_000
const [events = 200_000, interactions = 50_000] = process.argv.slice(2, 4).map(Number)
const given = process.argv[4]
const directory = given ?? mkdtempSync(join(tmpdir(), 'wk-bench-'))

const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}
const print = (label: string, value: string): void => void process.stdout.write(`${label.padEnd(58)} ${value}\n`)

interface Load<T> {
  readonly label: string
  readonly total: number
  make(row: number): T
  insert(batch: readonly T[], token: string): Promise<void>
}

/** CPU of making one row, in microseconds, measured while nothing else runs in this process. */
function costOfMaking<T>({ total, make }: Load<T>): number {
  const rows = Math.min(2 * BATCH, total)
  for (let row = 0; row < rows; row++) make(row)
  const before = cpuMicros()
  for (let row = 0; row < rows; row++) make(row)
  return (cpuMicros() - before) / rows
}

async function load<T>(plan: Load<T>): Promise<void> {
  const { label, total, make, insert } = plan
  if (total === 0) return
  const making = costOfMaking(plan)
  const started = cpuMicros()
  let inserting = 0
  for (let row = 0; row < total; row += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, total - row) }, (_, i) => make(row + i))
    const made = performance.now()
    await insert(batch, `${label} ${row}`)
    inserting += performance.now() - made
  }
  print(`${label}: CPU-µs/row, rows/s while inserting`, `${((cpuMicros() - started) / total - making).toFixed(1)}   ${Math.round(total / (inserting / 1000))}`)
}

const ACTOR = 'user7@example.com'
const QUESTIONS: readonly (readonly [string, string])[] = [
  ['count of events', 'SELECT count() FROM watchkeeper.audit_events'],
  ['count of interactions', 'SELECT count() FROM watchkeeper.interactions'],
  ["an actor's day (events)", `SELECT * FROM watchkeeper.audit_events WHERE actor = '${ACTOR}' AND started_at >= '2026-10-12' AND started_at < '2026-10-13'`],
  ["an actor's day (interactions)", `SELECT * FROM watchkeeper.interactions WHERE actor = '${ACTOR}' AND started_at >= '2026-10-12' AND started_at < '2026-10-13'`],
  ["an actor's month by tool (events)", `SELECT tool, count() FROM watchkeeper.audit_events WHERE tenant = 'default' AND actor = '${ACTOR}' GROUP BY tool`],
  ["an actor's month by tool (interactions)", `SELECT tool, count() FROM watchkeeper.interactions WHERE actor = '${ACTOR}' GROUP BY tool`],
  ['one trace (events)', "SELECT * FROM watchkeeper.audit_events WHERE trace_id = '{trace}'"],
  ['one trace (interactions)', "SELECT * FROM watchkeeper.interactions WHERE trace_id = '{itrace}'"],
  ['one event', "SELECT * FROM watchkeeper.audit_events WHERE event_id = '{event}'"],
  ['needle, hasToken (events)', "SELECT event_id FROM watchkeeper.audit_events WHERE hasToken(arguments, 'needlehaystack')"],
  ['needle, hasAllTokens (events)', "SELECT count() FROM watchkeeper.audit_events WHERE hasAllTokens(arguments, 'needlehaystack srv')"],
  ["needle, LIKE '%…%' (events)", "SELECT count() FROM watchkeeper.audit_events WHERE arguments LIKE '%edlehayst%'"],
  ['needle, hasToken (interactions)', "SELECT interaction_id FROM watchkeeper.interactions WHERE hasToken(arguments, 'needlehaystack')"],
  ['top 10 actors by bytes (events)', 'SELECT actor, sum(greatest(result_bytes, 0)) AS bytes FROM watchkeeper.audit_events GROUP BY actor ORDER BY bytes DESC LIMIT 10'],
  ['top 10 actors by bytes (interactions)', 'SELECT actor, sum(greatest(result_bytes, 0)) AS bytes FROM watchkeeper.interactions GROUP BY actor ORDER BY bytes DESC LIMIT 10'],
  ['latest 100 events', 'SELECT * FROM watchkeeper.audit_events ORDER BY started_at DESC LIMIT 100'],
  ['latest 100 interactions', 'SELECT * FROM watchkeeper.interactions ORDER BY started_at DESC LIMIT 100'],
  ['sources', 'SELECT * FROM watchkeeper.sources'],
]

const opened = performance.now()
const store = openStore({ directory, readers: 4 })
await store.migrate()
print('open and migrate, ms', (performance.now() - opened).toFixed(0))
if (given === undefined || Number((await store.query('SELECT count() AS n FROM watchkeeper.audit_events'))[0]?.['n']) === 0) {
  await load({ label: 'audit_events', total: events, make: (row) => eventAt(row, events), insert: (batch, token) => store.insertEvents(batch, token) })
  await load({ label: 'interactions', total: interactions, make: (row) => interactionAt(row, interactions), insert: (batch, token) => store.insertRows('interactions', batch, token) })
}
for (const row of await store.query("SELECT table, sum(rows) AS r, sum(bytes_on_disk) / sum(rows) AS b, count() AS p FROM system.parts WHERE active AND database = 'watchkeeper' AND rows > 100 GROUP BY table")) {
  print(`${String(row['table'])}: rows, bytes/row on disk, parts`, `${String(row['r'])}   ${Number(row['b']).toFixed(0)}   ${String(row['p'])}`)
}
const sample = (await store.query('SELECT trace_id, event_id FROM watchkeeper.audit_events LIMIT 1 OFFSET 70000'))[0]
const itrace = (await store.query('SELECT trace_id FROM watchkeeper.interactions LIMIT 1'))[0]
for (const [label, sql] of QUESTIONS) {
  const filled = sql.replace('{trace}', String(sample?.['trace_id'])).replace('{itrace}', String(itrace?.['trace_id'])).replace('{event}', String(sample?.['event_id']))
  const times: string[] = []
  for (let round = 0; round < 3; round++) {
    const from = performance.now()
    await store.engine.read(filled, { format: 'Native', settings: round === 0 ? { use_query_condition_cache: 0 } : {} }).catch((error: unknown) => print(label, String(error)))
    times.push((performance.now() - from).toFixed(0))
  }
  print(`${label}, ms (cold, again, again)`, times.join('   '))
}
print('RSS now and peak, MiB', `${Math.round(process.memoryUsage().rss / 2 ** 20)}   ${Math.round(process.resourceUsage().maxRSS / 1024)}`)
await store.close()
if (given === undefined) rmSync(directory, { recursive: true })
