/** An evidence folder as a source: every file is held against the manifest while it is read. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeclaredGap, EvidenceSource, Fault, Piece, Places, Removal, Sealed, StoredCheckpoint } from '../../schemas/evidence.ts'
import { Failure } from '../../schemas/failure.ts'
import { LeafCursor } from '../../schemas/packed-leaf.ts'
import { PackedCursor } from '../../schemas/packed-record.ts'
import { ANCHORS, CheckpointLine, CHECKPOINTS, DROPPED, GapList, GAPS, LEAVES_A_FILE, leavesFile, Manifest, MANIFEST, RemovalList, REMOVALS, SEAL } from './folder.ts'
import { notesIn } from './note-file.ts'

const CHUNK = 1024 * 1024
const LINES_A_TIME = 2_000
const PROVE_THEMSELVES = /^rows\//
/** Each look reads every file. */
const MOST_RANGES = 20

interface Cursor {
  readonly rest: number
  next(): boolean
  readonly offset: number
  readonly bytes: Buffer
}

/** The items of a stream that `wanted` takes. */
async function* filtered<C extends Cursor>(stream: AsyncIterable<Buffer>, cursorOn: (bytes: Buffer) => C, wanted: (cursor: C) => boolean): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0)
  for await (const chunk of stream) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const cursor = cursorOn(bytes)
    while (nextOf(cursor)) if (wanted(cursor)) yield Buffer.from(cursor.bytes)
    rest = Buffer.from(bytes.subarray(cursor.rest))
  }
}

/** What cannot be read was told of when it was read first. */
function nextOf(cursor: Cursor): boolean {
  try {
    return cursor.next()
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** The bytes of a file, all in the same memory: what is made for each chunk costs more to collect than to read. */
async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const file = await open(path)
  try {
    const chunk = Buffer.allocUnsafeSlow(CHUNK)
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK)
      if (bytesRead === 0) return
      yield chunk.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

class FolderSource implements EvidenceSource {
  readonly name: string
  readonly tenants: readonly string[] | undefined
  readonly keeps = 'all'
  readonly sealed: Sealed
  readonly mostRanges = MOST_RANGES
  readonly #folder: string
  readonly #manifest: Manifest
  readonly #faults = new Map<string, Fault>()

  constructor(folder: string, manifest: Manifest, sealed: Sealed) {
    this.name = `evidence folder ${folder}`
    this.#folder = folder
    this.#manifest = manifest
    this.sealed = sealed
    this.tenants = manifest.tenants ?? undefined
  }

  async partitions(): Promise<ReadonlyMap<number, number>> {
    return new Map(this.#manifest.partitions.map(({ partition, leaves }) => [partition, leaves]))
  }

  async* checkpoints(of: 'log' | 'partitions'): AsyncGenerator<readonly StoredCheckpoint[]> {
    let text = ''
    for await (const chunk of this.#file(CHECKPOINTS[of], -1)) {
      const lines = (text + chunk.toString('latin1')).split('\n')
      text = lines.pop() ?? ''
      for (let from = 0; from < lines.length; from += LINES_A_TIME) yield this.#checkpointsIn(lines.slice(from, from + LINES_A_TIME), CHECKPOINTS[of])
    }
    if (text !== '') yield this.#checkpointsIn([text], CHECKPOINTS[of])
  }

  #checkpointsIn(lines: readonly string[], path: string): StoredCheckpoint[] {
    return lines.filter((line) => line !== '').flatMap((line) => {
      try {
        const { partition, size, log_index: logIndex, note, made_at: madeAt } = CheckpointLine.parse(JSON.parse(Buffer.from(line, 'latin1').toString('utf8')))
        return [{ partition, size, logIndex, note, madeAt }]
      } catch {
        this.#fault('integrity', 'file-changed', path, -1, 'holds a line that is no checkpoint')
        return []
      }
    })
  }

  async* leaves(partition: number, from: number, count: number): AsyncGenerator<Buffer> {
    const first = from - (from % LEAVES_A_FILE)
    const within = from === first && count >= LEAVES_A_FILE ? undefined : (leaf: LeafCursor) => leaf.index >= from && leaf.index < from + count
    const file = this.#file(leavesFile(partition, first), partition)
    yield* within === undefined ? file : filtered(file, (bytes) => new LeafCursor(bytes), within)
  }

  async pieces(): Promise<readonly Piece[]> {
    return this.#manifest.rows.map(({ path, rows }) => ({ id: path, rows }))
  }

  rows({ id }: Piece): AsyncIterable<Buffer> {
    return this.#file(id, -1)
  }

  dropped(): AsyncIterable<Buffer> {
    return this.#file(DROPPED, -1)
  }

  async anchored(): Promise<readonly string[]> {
    const chunks: Buffer[] = []
    for await (const chunk of this.#file(ANCHORS, -1)) chunks.push(Buffer.from(chunk))
    return notesIn(Buffer.concat(chunks).toString('utf8'))
  }

  async removals(): Promise<readonly Removal[]> {
    return this.#list(REMOVALS, (value) => RemovalList.parse(value))
  }

  async gaps(): Promise<readonly DeclaredGap[]> {
    return this.#list(GAPS, (value) => GapList.parse(value))
  }

  async #list<T>(path: string, read: (value: unknown) => readonly T[]): Promise<readonly T[]> {
    const chunks: Buffer[] = []
    for await (const chunk of this.#file(path, -1)) chunks.push(Buffer.from(chunk))
    try {
      return read(JSON.parse(Buffer.concat(chunks).toString('utf8')))
    } catch {
      this.#fault('integrity', 'file-changed', path, -1, 'is not what such a file holds')
      return []
    }
  }

  async* leavesWithin({ partition, first, next }: Places): AsyncGenerator<Buffer> {
    const leaves = this.#manifest.partitions.find((one) => one.partition === partition)?.leaves ?? 0
    for (let from = 0; from < leaves; from += LEAVES_A_FILE) {
      yield* filtered(this.#file(leavesFile(partition, from), partition), (bytes) => new LeafCursor(bytes), ({ offset }) => offset >= first && offset < next)
    }
  }

  async* rowsWithin({ partition, first, next }: Places): AsyncGenerator<Buffer> {
    for (const { path } of this.#manifest.rows) {
      yield* filtered(this.#file(path, -1), (bytes) => new PackedCursor(bytes), (row) => row.partition === partition && row.offset >= first && row.offset < next)
    }
  }

  async find(eventId: string): Promise<{ readonly partition: number; readonly index: number } | undefined> {
    const id = Buffer.from(eventId, 'hex')
    for (const { partition, leaves } of this.#manifest.partitions) {
      for (let from = 0; from < leaves; from += LEAVES_A_FILE) {
        for await (const bytes of filtered(this.#file(leavesFile(partition, from), partition), (chunk) => new LeafCursor(chunk), (leaf) => leaf.eventId.equals(id))) {
          const leaf = new LeafCursor(bytes)
          if (leaf.next()) return { partition, index: leaf.index }
        }
      }
    }
    return undefined
  }

  /** The bytes of a file, which are held against the manifest when all were read. */
  async* #file(path: string, partition: number): AsyncGenerator<Buffer> {
    const listed = this.#manifest.files.find((file) => file.path === path)
    const place = join(this.#folder, path)
    if (listed === undefined || !existsSync(place)) {
      this.#fault('completeness', 'file-missing', path, partition, listed === undefined ? 'is not in the manifest' : 'is missing')
      return
    }
    // Rows prove themselves by the tree: a second sum over them would cost as much as all the rest. Whose a leaf is the tree does not say.
    const sum = PROVE_THEMSELVES.test(path) ? undefined : createHash('sha256')
    let bytes = 0
    for await (const chunk of chunksOf(place)) {
      sum?.update(chunk)
      bytes += chunk.length
      yield chunk
    }
    if (bytes !== listed.bytes || (sum !== undefined && sum.digest('hex') !== listed.sha256)) this.#fault('integrity', 'file-changed', path, partition, 'is not the file that the manifest tells of')
  }

  #fault(question: Fault['question'], kind: string, path: string, partition: number, what: string): void {
    this.#faults.set(`${kind} ${path}`, { question, kind, partition, index: -1, detail: `${path} ${what}` })
  }

  notes(): readonly [] {
    return []
  }

  faults(): readonly Fault[] {
    return [...this.#faults.values()]
  }

  async close(): Promise<void> {}
}

/** Opens a folder that `writeFolder` made. Throws Failure `misconfigured` when it is none. */
export async function openFolder(folder: string): Promise<EvidenceSource> {
  const file = join(folder, MANIFEST)
  try {
    const manifest = await readFile(file)
    const note = existsSync(join(folder, SEAL)) ? await readFile(join(folder, SEAL), 'utf8') : undefined
    return new FolderSource(folder, Manifest.parse(JSON.parse(manifest.toString('utf8'))), { manifest, note })
  } catch (error) {
    throw new Failure('misconfigured', 'evidence.manifest', `${file} is no manifest of an evidence folder: give the folder that watchkeeper evidence export made.`, { cause: error })
  }
}
