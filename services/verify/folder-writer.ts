/** Writes an evidence folder from another source: what it takes to verify it without that source. */
import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { EvidenceSource, Removal } from '../../schemas/evidence.ts'
import { Failure } from '../../schemas/failure.ts'
import type { NoteSigner } from '../../schemas/note.ts'
import { ANCHORS, CHECKPOINTS, DROPPED, FORMAT, GAPS, KEYS, LEAVES_A_FILE, leavesFile, MANIFEST, type Manifest, REMOVALS, rowsFile, SEAL } from './folder.ts'
import { signManifest } from './seal.ts'

export interface FolderContents {
  readonly source: EvidenceSource
  /** NAME of the logs. */
  readonly log: string
  /** Verifier lines, for whoever wants to compare them with those that came another way. */
  readonly keys: readonly string[]
  readonly madeBy: string
  /** ISO 8601. */
  readonly madeAt: string
  /** The notary's key; undefined: who exports has it not. */
  readonly signer?: NoteSigner | undefined
  told?(rows: number, of: number): void
}

type Written = Manifest['files'][number]

/** A file that is being written, with its sum. */
class SummedFile {
  readonly path: string
  readonly #handle: FileHandle
  readonly #sum: Hash = createHash('sha256')
  #bytes = 0

  constructor(path: string, handle: FileHandle) {
    this.path = path
    this.#handle = handle
  }

  async write(bytes: Buffer): Promise<void> {
    this.#sum.update(bytes)
    this.#bytes += bytes.length
    await this.#handle.writeFile(bytes)
  }

  async end(): Promise<Written> {
    await this.#handle.datasync()
    await this.#handle.close()
    return { path: this.path, bytes: this.#bytes, sha256: this.#sum.digest('hex') }
  }
}

class FolderWriter {
  readonly #folder: string
  readonly files: Written[] = []

  constructor(folder: string) {
    this.#folder = folder
  }

  async put(path: string, stream: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    const place = join(this.#folder, path)
    await mkdir(dirname(place), { recursive: true, mode: 0o700 })
    const file = new SummedFile(path, await open(place, 'wx', 0o600))
    for await (const chunk of stream) await file.write(chunk)
    this.files.push(await file.end())
  }

  async text(path: string, text: string): Promise<void> {
    await this.put(path, [Buffer.from(text)])
  }
}

async function* checkpointLines(source: EvidenceSource, of: 'log' | 'partitions'): AsyncGenerator<Buffer> {
  for await (const rows of source.checkpoints(of)) {
    yield Buffer.from(rows.map(({ partition, size, logIndex, note, madeAt }) => `${JSON.stringify({ partition, size, log_index: logIndex, note, made_at: madeAt })}\n`).join(''))
  }
}

async function emptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0) throw new Failure('misconfigured', 'evidence.folder', `${folder} is not empty: evidence goes into a folder of its own.`)
}

/** What a removal takes while a folder is written is in one file and not in another. */
async function refuseMoved(source: EvidenceSource, before: readonly Removal[]): Promise<void> {
  if (source.live !== true || JSON.stringify(await source.removals()) === JSON.stringify(before)) return
  throw new Failure('unavailable', 'evidence.moved', 'An erasure or a retention removed rows while they were written: the folder is not whole. Remove it, and export again when that has ended.')
}

/**
 * Writes the folder, the manifest last: a folder without one is not whole. Throws Failure `misconfigured` where there is something in it, `unavailable` where rows were
 * removed meanwhile.
 */
export async function writeFolder(folder: string, { source, log, keys, madeBy, madeAt, signer, told }: FolderContents): Promise<Manifest> {
  await emptyFolder(folder)
  const removals = await source.removals()
  const writer = new FolderWriter(folder)
  await writer.put(CHECKPOINTS.log, checkpointLines(source, 'log'))
  await writer.put(CHECKPOINTS.partitions, checkpointLines(source, 'partitions'))
  const partitions = await source.partitions()
  for (const [partition, leaves] of partitions) {
    for (let from = 0; from < leaves; from += LEAVES_A_FILE) {
      await writer.put(leavesFile(partition, from), source.leaves(partition, from, Math.min(LEAVES_A_FILE, leaves - from)))
    }
  }
  const pieces = await source.pieces()
  const total = pieces.reduce((sum, { rows }) => sum + rows, 0)
  const rows: Manifest['rows'][number][] = []
  let done = 0
  for (const [number, piece] of pieces.entries()) {
    await writer.put(rowsFile(number), source.rows(piece))
    rows.push({ path: rowsFile(number), rows: piece.rows })
    told?.(done += piece.rows, total)
  }
  await writer.put(DROPPED, source.dropped())
  await refuseMoved(source, removals)
  await writer.text(REMOVALS, `${JSON.stringify(removals, undefined, 2)}\n`)
  await writer.text(GAPS, `${JSON.stringify(await source.gaps(), undefined, 2)}\n`)
  await writer.text(KEYS, keys.map((key) => `${key}\n`).join(''))
  await writer.text(ANCHORS, (await source.anchored()).map((note) => `${note}\n`).join(''))
  const manifest: Manifest = {
    format: FORMAT, log, made_at: madeAt, made_by: madeBy, source: source.name, tenants: source.tenants === undefined ? null : [...source.tenants],
    partitions: [...partitions].map(([partition, leaves]) => ({ partition, leaves })), rows, files: writer.files,
  }
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`
  if (signer !== undefined) await writeFile(join(folder, SEAL), signManifest(text, signer), { flag: 'wx', mode: 0o600, flush: true })
  await writeFile(join(folder, MANIFEST), text, { flag: 'wx', mode: 0o600, flush: true })
  return manifest
}
