/**
 * What erasing a person costs: `npm run bench -- erase [ROWS] [EVENTS] [DIRECTORY]`. Fills a year of audit events (fewer months for fewer than ten million) (and a quarter as many interactions) inside the engine,
 * with EVENTS of them of one subject, in all months; merges each month as the engine would in time; erases the subject by the product's own remover in a process of its
 * own, and tells what each step took, CPU, the most memory, rows written anew and what is left. A DIRECTORY that is there is erased without filling it.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ClickHouseRemover } from '../infra/clickhouse/removal/remover.ts'
import { type ClickHouseStore, openStore } from '../infra/clickhouse/store.ts'
import { eventsOf, interactionsOf, monthsOf, SUBJECT } from './erase-rows.ts'

const TABLES = ['audit_events', 'interaction_versions'] as const
const MIB = 2 ** 20
const print = (label: string, value: string): void => void process.stdout.write(`${label.padEnd(46)} ${value}\n`)

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
const peak = (): number => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1_024

const numberOf = async (store: ClickHouseStore, sql: string): Promise<number> => Number((await store.query(`SELECT toUInt64(${sql}) AS n`))[0]?.['n'] ?? 0)

async function fill(directory: string, rows: number, events: number): Promise<void> {
  const store = openStore({ directory, readers: 2 })
  await store.migrate()
  const [every, months] = [Math.max(1, Math.round(rows / events)), monthsOf(rows)]
  const began = performance.now()
  for (let month = 0; month < months; month++) {
    const edge = (at: number): number => 4 * Math.floor((rows * at) / months / 4)
    const slice = { from: edge(month), to: edge(month + 1), total: rows, every }
    await store.engine.write(eventsOf(slice))
    await store.engine.write(interactionsOf(slice))
  }
  for (const table of TABLES) await store.engine.write(`OPTIMIZE TABLE watchkeeper.${table} FINAL`)
  print('filled and merged, s', ((performance.now() - began) / 1_000).toFixed(0))
  await store.close()
}

async function size(store: ClickHouseStore, table: string): Promise<string> {
  const [row] = await store.query(`SELECT sum(rows) AS n, count() AS parts, sum(data_uncompressed_bytes) AS raw, sum(bytes_on_disk) AS disk FROM system.parts WHERE database = 'watchkeeper' AND table = '${table}' AND active`)
  return `${Number(row?.['n'])} rows, ${Number(row?.['parts'])} parts, ${(Number(row?.['raw']) / MIB).toFixed(0)} MiB raw, ${(Number(row?.['disk']) / MIB).toFixed(0)} MiB on disk`
}

async function erase(directory: string): Promise<void> {
  const store = openStore({ directory, readers: 4 })
  await store.migrate()
  for (const table of TABLES) print(table, await size(store, table))
  const remover = new ClickHouseRemover({ write: (sql, lane = 0) => store.engine.write(sql, `removal ${lane}`), read: (sql, options) => store.engine.read(sql, options) }, () => performance.now())
  const subject = { tenant: 'default', names: [SUBJECT], mentions: false }
  print('rows of the subject', JSON.stringify(Object.fromEntries([...(await remover.count(subject))].filter(([, n]) => n > 0n).map(([table, n]) => [table, Number(n)]))))
  const steps: { readonly table: string; readonly at: number; readonly cpu: number }[] = []
  const step = (table: string): void => void steps.push({ table, at: performance.now(), cpu: cpuSeconds() })
  step('choose')
  await remover.erase('b'.repeat(32), subject, step)
  step('')
  for (const [i, { table, at, cpu }] of steps.entries()) {
    const next = steps[i + 1]
    if (next !== undefined && next.at - at > 50) print(`  ${table}: s, CPU s`, `${((next.at - at) / 1_000).toFixed(1)}   ${(next.cpu - cpu).toFixed(1)}`)
  }
  const [first, last] = [steps[0], steps.at(-1)]
  print('erased: s, CPU s, peak MiB', `${(((last?.at ?? 0) - (first?.at ?? 0)) / 1_000).toFixed(1)}   ${((last?.cpu ?? 0) - (first?.cpu ?? 0)).toFixed(1)}   ${peak().toFixed(0)}`)
  const names = `lower('${SUBJECT}')`
  print('rows that name the subject still', String(await numberOf(store, `(SELECT count() FROM watchkeeper.audit_events WHERE lower(actor) = ${names} OR lower(principal) = ${names} OR position(arguments, ${names}) > 0)`)
    + await numberOf(store, `(SELECT count() FROM watchkeeper.interaction_versions WHERE lower(actor) = ${names} OR lower(principal) = ${names} OR position(arguments, ${names}) > 0)`)))
  // Parts that the background replaced since, for the index, are none of these.
  print('old parts left on disk at the end', steps.some(({ table }) => table.startsWith('files that')) ? 'some' : 'none')
  for (const table of TABLES) print(table, await size(store, table))
  await store.close()
}

/** In a process of its own: what filling took of memory is not counted. */
function inChild(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit', env: { ...process.env, UV_THREADPOOL_SIZE: '16' } })
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`ended with ${code}`))))
  })
}

const [first = '1000000', second = '1000', third] = process.argv.slice(2)
if (first === 'fill') await fill(String(third), Number(second), Number(process.argv[5]))
else if (first === 'erase-only') await erase(second)
else {
  const directory = third ?? mkdtempSync(join(tmpdir(), 'wk-erase-'))
  try {
    if (third === undefined || !existsSync(third)) await inChild(['fill', first, directory, second])
    await inChild(['erase-only', directory])
  } finally {
    if (third === undefined) rmSync(directory, { recursive: true, force: true })
  }
}
