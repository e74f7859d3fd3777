/**
 * What the proof costs an event: batches through the archiver on the engine in the process, in turn with and without leaves, and what the notary adds
 * to sign them. CPU of all threads, merges included: medians of rounds. `npm run bench -- leaves [ROUNDS [EVENTS]]`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouseStore, openStore } from '../infra/clickhouse/store.ts'
import { exampleAuditEvent } from '../schemas/audit-event.ts'
import { type StoredLeaf } from '../schemas/ports.ts'
import { EventRecord } from '../schemas/topics.ts'
import { type Candidate, prepared } from '../services/archiver/gate.ts'
import { LeafLog } from '../services/archiver/leaves.ts'
import { readChunks } from '../services/notary/leaf-chunks.ts'
import { LogTree } from '../services/notary/log-tree.ts'

const [rounds = 12, events = 10_000] = process.argv.slice(2).map(Number)
const PER_ENVELOPE = 100
const directory = mkdtempSync(join(tmpdir(), 'wk-bench-leaves-'))
const store: ClickHouseStore = openStore({ directory, readers: 2 })
await store.migrate()

const cpuMicros = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}
const median = (values: readonly number[]): string => (values.toSorted((a, b) => a - b)[values.length >>> 1] ?? 0).toFixed(2)

let envelope = 0
/** Candidates of one batch, their hashes made: what the archiver has in hand. */
function batch(): Candidate[] {
  return Array.from({ length: events / PER_ENVELOPE }, () => {
    const offset = envelope++
    const made = Array.from({ length: PER_ENVELOPE }, (_, i) => ({ ...exampleAuditEvent, event_id: (offset * PER_ENVELOPE + i).toString(16).padStart(32, '0') }))
    return prepared({ partition: 0, offset, records: EventRecord.together(made) }).records as Candidate[]
  }).flat()
}

const log = new LeafLog(0, store)
const kept = async (): Promise<boolean> => true
let size = 0

async function round(withLeaves: boolean): Promise<number> {
  const rows = batch()
  const before = cpuMicros()
  await store.insertEvents(rows, `events:${envelope}`)
  if (withLeaves) {
    const plan = await log.plan({ first: envelope - rows.length / PER_ENVELOPE, next: envelope }, kept)
    if (plan !== undefined) await log.append(plan, rows satisfies readonly StoredLeaf[], false)
    size += rows.length
  }
  return (cpuMicros() - before) / rows.length
}

let tree = new LogTree()
async function look(): Promise<number> {
  const before = cpuMicros()
  const next = new LogTree(tree.save())
  next.take(await readChunks(store, [{ partition: 0, chunk: next.chunk }]))
  next.root()
  const leaves = next.size - tree.size
  tree = next
  return (cpuMicros() - before) / leaves
}

try {
  const spent = { with: [] as number[], without: [] as number[], signed: [] as number[] }
  // The first events have none: an older version stored them, as it were.
  await round(true)
  await look()
  for (let i = 0; i < rounds; i++) {
    const order = i % 2 === 0 ? [true, false] : [false, true]
    for (const withLeaves of order) spent[withLeaves ? 'with' : 'without'].push(await round(withLeaves))
    spent.signed.push(await look())
  }
  console.log(`insert of ${events} events, CPU-µs each: ${median(spent.without)} without leaves, ${median(spent.with)} with; notary ${median(spent.signed)} a leaf at ${events} a look (${size} leaves)`)
} finally {
  await store.close()
  rmSync(directory, { recursive: true, force: true })
}
