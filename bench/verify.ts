/**
 * What verifying costs: `npm run bench -- verify [EVENTS] [THREADS]`. Writes an evidence folder of so many events (about 1 KB each, a checkpoint for
 * each 10,000), verifies it in a process of its own, and tells events a second, CPU and the most memory that process had.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { logOrigin, partitionOrigin } from '../schemas/checkpoint.ts'
import type { EvidenceSource, StoredCheckpoint } from '../schemas/evidence.ts'
import { CompactRange, leafHash } from '../schemas/merkle.ts'
import { checkpointBody, signNote, verifierKey } from '../schemas/note.ts'
import { leafData, packLeaf } from '../schemas/packed-leaf.ts'
import { packRecord } from '../schemas/packed-record.ts'
import { writeFolder } from '../services/verify/folder-writer.ts'
import type { Report } from '../services/verify/verdict.ts'
import { keyOf, leafOf, NAME, signerOf, verifierOfKey } from '../test/verify/made-log.ts'
import { eventAt } from './store-rows.ts'

const PARTITIONS = 4
const EVERY = 10_000
const PIECE = 50_000
const CLI = fileURLToPath(new URL('../services/cli.js', import.meta.url))
const [events = 1_000_000, threads = 2] = process.argv.slice(2).map(Number)
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

/** CPU seconds and peak resident bytes of a process that lives. */
function look(pid: number | undefined): { readonly cpu: number; readonly peak: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    const peak = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024
    return { cpu: (Number(stat[11]) + Number(stat[12])) / 100, peak }
  } catch {
    return undefined
  }
}

async function measure(folder: string): Promise<void> {
  const line = verifierKey(verifierOfKey(key).name, verifierOfKey(key).publicKey)
  const began = performance.now()
  const child = spawn(process.execPath, [CLI, 'verify', folder, '--json', '--key', line, '--threads', String(threads)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let seen = { cpu: 0, peak: 0 }
  const timer = setInterval(() => {
    const now = look(child.pid)
    if (now !== undefined) seen = { cpu: Math.max(seen.cpu, now.cpu), peak: Math.max(seen.peak, now.peak) }
  }, 20)
  const report = JSON.parse(await text(child.stdout)) as Report
  clearInterval(timer)
  const seconds = (performance.now() - began) / 1_000
  if (report.exit_code !== 0 || report.rows !== events) throw new Error(`verify said ${report.verdict} of ${report.rows} rows: ${JSON.stringify(report.faults.slice(0, 3))}`)
  console.log(`${events} events, ${threads} threads: ${seconds.toFixed(1)} s, ${Math.round(events / seconds)} events/s, CPU ${((seen.cpu * 1e6) / events).toFixed(1)} µs/event (${Math.round(2 * events / seen.cpu)} events/s on two whole cores), peak ${Math.round(seen.peak / 2 ** 20)} MiB`)
}

const folder = mkdtempSync(join(tmpdir(), 'wk-verify-'))
try {
  const source = makeSource()
  const made = await writeFolder(join(folder, 'evidence'), { source, log: NAME, keys: [], madeBy: 'bench', madeAt: new Date(0).toISOString() })
  console.log(`evidence folder: ${made.files.length} files, ${(made.files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(0)} MB`)
  await measure(join(folder, 'evidence'))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
