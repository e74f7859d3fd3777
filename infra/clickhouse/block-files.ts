/**
 * Blocks on their way into the engine: it takes binary input only from files, so each block lies for a moment in memory-backed storage,
 * readable by this user alone. A crash leaves at most one file, which the next start removes.
 */
import { randomBytes } from 'node:crypto'
import { accessSync, constants, readdirSync, rmSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'

const NAME = /^watchkeeper-block-(\d{1,10})-[0-9a-f]{32}$/

const writable = (directory: string): boolean => {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Where blocks may lie, best first. */
export const blockDirectories = (): string[] => ['/dev/shm', tmpdir()].filter(writable)

const lives = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Removes what processes that are gone left behind; returns how many files. */
export function removeLeftovers(directories: readonly string[]): number {
  let removed = 0
  for (const directory of directories) {
    for (const name of readdirSync(directory)) {
      const pid = NAME.exec(name)?.[1]
      if (pid === undefined || lives(Number(pid))) continue
      rmSync(join(directory, name), { force: true })
      removed++
    }
  }
  return removed
}

/** In one system call; a short write is an error, as it means no room. */
async function write(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    const { bytesWritten } = await file.writev(parts)
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    if (bytesWritten !== size) throw new Error(`only ${bytesWritten} of ${size} bytes were written`)
  } finally {
    await file.close()
  }
}

async function place(directories: readonly string[], name: string, parts: readonly Uint8Array[]): Promise<string> {
  let cause: unknown
  for (const directory of directories) {
    const path = join(directory, name)
    try {
      await write(path, parts)
      return path
    } catch (error) {
      cause = error
      await rm(path, { force: true })
    }
  }
  throw new Failure('unavailable', 'store.block', `No room for a block of rows in ${directories.join(' or ')}`, { cause, retryAfterSeconds: 2 })
}

/** Lets `use` read `parts` (at most 1,000) as one file, which is gone afterwards. Throws Failure `unavailable` when no directory takes it. */
export async function withBlockFile<T>(directories: readonly string[], parts: readonly Uint8Array[], use: (path: string) => Promise<T>): Promise<T> {
  const path = await place(directories, `watchkeeper-block-${process.pid}-${randomBytes(16).toString('hex')}`, parts)
  try {
    return await use(path)
  } finally {
    await rm(path, { force: true })
  }
}
