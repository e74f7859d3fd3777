/**
 * What verifying costs: `npm run bench -- verify [EVENTS [THREADS [all|folder]]]`. Writes an evidence folder of so many events (about 1 KB each, a checkpoint for
 * each 10,000) and verifies it; then has a server take as many spans, and verifies that over SQL while it runs, and its tables and its log when it has stopped. Each
 * in a process of its own: events a second, CPU, and the most memory that process had.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { logOrigin, partitionOrigin } from '../schemas/checkpoint.ts'
import type { EvidenceSource, StoredCheckpoint } from '../schemas/evidence.ts'
import { CompactRange, leafHash } from '../schemas/merkle.ts'
import { checkpointBody, signNote, verifierKey } from '../schemas/note.ts'
import { leafData, packLeaf } from '../schemas/packed-leaf.ts'
import { packRecord } from '../schemas/packed-record.ts'
import { writeFolder } from '../services/verify/folder-writer.ts'
import { keyOf, leafOf, NAME, signerOf, verifierOfKey } from '../test/verify/made-log.ts'
import { eventAt } from './store-rows.ts'
import { measure, measureServer } from './verify-forms.ts'

const PARTITIONS = 4
const EVERY = 10_000
const PIECE = 50_000
const [events = 1_000_000, threads = 2] = process.argv.slice(2, 4).map(Number)
const forms = process.argv[4] ?? 'all'
const key = keyOf(1)

/** Leaves and checkpoints are made before, rows when they are read. */
function makeSource(): EvidenceSource {
  const leaves = Array.from({ length: PARTITIONS }, () => [] as Buffer[])
  const trees = leaves.map(() => new CompactRange())
  const [top, checkpoints] = [new CompactRange(), [] as StoredCheckpoint[]]
  for (let number = 0; number < events; number++) {
    const leaf = leafOf(packRecord(eventAt(number, events)), trees[number % PARTITIONS]?.size ?? 0)
    const tree = trees[leaf.partition] as CompactRange
    leaves[leaf.partition]?.push(packLeaf(leaf))
    tree.append(leafHash(leafData(leaf.eventId, leaf.recordHash)))
    if (tree.size % EVERY !== 0 && number < events - PARTITIONS) continue
    const body = checkpointBody({ origin: partitionOrigin(NAME, leaf.partition), size: tree.size, root: tree.root() })
    checkpoints.push({ partition: leaf.partition, size: tree.size, note: signNote(body, signerOf(key)), logIndex: top.size })
    top.append(leafHash(Buffer.from(body)))
    checkpoints.push({ partition: -1, size: top.size, note: signNote(checkpointBody({ origin: logOrigin(NAME), size: top.size, root: top.root() }), signerOf(key)), logIndex: -1 })
  }
  const none = async function* (): AsyncGenerator<Buffer> {}
  return {
    name: 'a bench', tenants: undefined, keeps: 'all', mostRanges: 0, notes: () => [], find: async () => undefined, faults: () => [], close: async () => undefined,
    anchored: async () => [], removals: async () => [], gaps: async () => [], dropped: none, leavesWithin: none, rowsWithin: none,
    partitions: async () => new Map(leaves.map((own, partition) => [partition, own.length])),
    async* checkpoints(of) { yield checkpoints.filter(({ partition }) => (of === 'log') === partition < 0) },
    async* leaves(partition, from, count) { yield Buffer.concat((leaves[partition] ?? []).slice(from, from + count)) },
    pieces: async () => Array.from({ length: Math.ceil(events / PIECE) }, (_, at) => ({ id: String(at), rows: Math.min(PIECE, events - at * PIECE) })),
    async* rows({ id, rows }) {
      for (let row = Number(id) * PIECE; row < Number(id) * PIECE + rows; row++) yield packRecord(eventAt(row, events))
    },
  }
}

const folder = mkdtempSync(join(tmpdir(), 'wk-verify-'))
try {
  const source = makeSource()
  const made = await writeFolder(join(folder, 'evidence'), { source, log: NAME, keys: [], madeBy: 'bench', madeAt: new Date(0).toISOString() })
  console.log(`evidence folder: ${made.files.length} files, ${(made.files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(0)} MB`)
  const line = verifierKey(verifierOfKey(key).name, verifierOfKey(key).publicKey)
  await measure({ form: 'folder', args: [join(folder, 'evidence')], key: line, threads })
  if (forms === 'all') await measureServer({ folder, events, threads })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
