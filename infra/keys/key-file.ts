/** Secrets of this installation: 32 random bytes in a file, such as `<dataDir>/keys/keyed-hash.key`, readable by its owner alone. */
import { randomBytes, randomUUID } from 'node:crypto'
import { link, open, readFile, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import type { KeyedHash } from '../../schemas/ports.ts'
import { syncFolder } from '../durable-files/durable-files.ts'
import { makeFolder } from '../durable-files/make-folder.ts'
import { createKeyedHash } from './keyed-hash.ts'

const SECRET_BYTES = 32

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** Writes a new secret whole under a name of its own, then links it: of two processes one wins, and both read the winner's. */
async function create(path: string): Promise<void> {
  const folder = dirname(path)
  makeFolder(folder)
  const draft = join(folder, `.${randomUUID()}.tmp`)
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(randomBytes(SECRET_BYTES))
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    await unlink(draft)
  }
  await syncFolder(folder)
}

async function read(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function readOrCreate(path: string): Promise<Buffer> {
  const found = await read(path)
  if (found !== undefined) return found
  await create(path)
  return readFile(path)
}

const NEW_BREAKS_HASHES = 'a new key breaks every link to older hashes'

/** Opens the keyed hashes of `dataDir`, making the secret when there is none. Failure `misconfigured` names the file that cannot be used. */
export async function openKeyedHash(dataDir: string): Promise<KeyedHash> {
  return createKeyedHash(await secretOf(join(dataDir, 'keys', 'keyed-hash.key'), readOrCreate, NEW_BREAKS_HASHES))
}

/** The same with a secret that is handed to several processes: it must be there. */
export async function openSharedKeyedHash(path: string): Promise<KeyedHash> {
  return createKeyedHash(await secretOf(path, readFile, NEW_BREAKS_HASHES))
}

/** The key of the log's keys in a file: 32 random bytes; `make`: where it is not there, a new one. Failure `misconfigured` names the file that cannot be used. */
export async function openSealingKey(path: string, make: boolean): Promise<Buffer> {
  return await secretOf(path, make ? readOrCreate : readFile, 'with a new key nothing of the log can be read')
}

async function secretOf(path: string, obtain: (path: string) => Promise<Buffer>, withNew: string): Promise<Buffer> {
  let secret: Buffer
  try {
    secret = await obtain(path)
  } catch (cause) {
    throw new Failure('misconfigured', 'keys.unusable', `the key file ${path} cannot be read or created (${codeOf(cause)})`, { cause })
  }
  if (secret.length === SECRET_BYTES && secret.some((byte) => byte !== secret[0])) return secret
  throw new Failure('misconfigured', 'keys.damaged', `the key file ${path} is damaged: it must hold ${SECRET_BYTES} random bytes. Restore it from a backup; ${withNew}`)
}
