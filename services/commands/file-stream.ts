/** Files that the API sends as one JSON object a line, into a directory that must be empty or new. */
import { createHash } from 'node:crypto'
import { open, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { Failure } from '../../schemas/failure.ts'
import type { Config } from '../config/schema.ts'
import { openApi } from './api-client.ts'
import { makeFolderFor } from './folder-for.ts'

/** A piece of a file, in order; the last line says that nothing was left out. */
const Line = z.union([z.strictObject({ path: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)?$/), text: z.string() }), z.strictObject({ end: z.number().int() })])

async function emptyDirectory(directory: string): Promise<void> {
  makeFolderFor('what comes', directory)
  if ((await readdir(directory)).length > 0) throw new Failure('misconfigured', 'out.taken', `${directory} is not empty: give a new directory with --out.`)
}

export interface Written {
  readonly files: number
  readonly bytes: number
  /** By path, in the order in which they came. */
  readonly hashes: ReadonlyMap<string, string>
}

/** Writes what comes. Throws Failure `unavailable` where it was cut off: then the directory holds a part. */
export async function writeFiles(config: Config, request: { readonly path: string; readonly body?: unknown }, directory: string): Promise<Written> {
  await emptyDirectory(directory)
  const response = await openApi(config, request.path, request.body)
  const hashes = new Map<string, ReturnType<typeof createHash>>()
  let [bytes, ended] = [0, false]
  for await (const line of createInterface({ input: Readable.fromWeb(response as never), crlfDelay: Infinity })) {
    const piece = Line.parse(JSON.parse(line))
    if ('end' in piece) {
      ended = piece.end === hashes.size
      continue
    }
    const target = join(directory, piece.path)
    const known = hashes.get(piece.path)
    makeFolderFor('what comes', dirname(target))
    const handle = await open(target, known === undefined ? 'wx' : 'a', 0o600)
    await handle.writeFile(piece.text).finally(() => handle.close())
    hashes.set(piece.path, (known ?? createHash('sha256')).update(piece.text))
    bytes += Buffer.byteLength(piece.text)
  }
  if (!ended) throw new Failure('unavailable', 'out.cut', `The server broke off: what is in ${directory} is not whole. Remove it and try again.`)
  return { files: hashes.size, bytes, hashes: new Map([...hashes].map(([path, hashed]) => [path, hashed.digest('hex')])) }
}
