/**
 * Brings the log's environment into use, whatever is on disk: a fresh one, a good one, one whose tree is broken (salvaged into a new one,
 * the old kept beside it), or one whose salvage was cut off. Everything that was wrong comes back as damage.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import { LmdbStore } from './lmdb-store.ts'
import { Contradiction, recover, type Recovered } from './recovery.ts'
import { salvage } from './salvage.ts'
import { brokenTree } from './tree-check.ts'

/** A log that had to be rebuilt: why, where the old file lies, how many frames were whole. */
export interface Rebuilt {
  readonly reason: string
  readonly kept: string
  readonly frames: number
}

export interface OpenedStore {
  readonly store: LmdbStore
  readonly recovered: Recovered
  readonly rebuilt: Rebuilt | undefined
}

export interface StorePlace {
  readonly directory: string
  readonly mapSize: number
  /** Milliseconds since 1970: name of what is set aside, and first offset of partitions of which nothing is left. */
  readonly now: number
}

export async function openStore(place: StorePlace): Promise<OpenedStore> {
  const path = join(place.directory, 'log')
  const rebuilding = `${path}.rebuild`
  if (!existsSync(path) && existsSync(rebuilding)) renameSync(rebuilding, path)
  rmSync(rebuilding, { recursive: true, force: true })
  const data = join(path, 'data.mdb')
  const reason = existsSync(data) ? brokenTree(data) : undefined
  if (reason !== undefined) return await rebuild(place, reason)
  const store = open(path, place)
  try {
    return { store, recovered: recover(store), rebuilt: undefined }
  } catch (error) {
    await store.close()
    if (error instanceof Contradiction) return await rebuild(place, error.message)
    throw error
  }
}

/** The lock table of LMDB is stale whenever we open: our own lock says that nobody else is here. */
function open(path: string, { mapSize }: StorePlace): LmdbStore {
  try {
    rmSync(join(path, 'lock.mdb'), { force: true })
    return LmdbStore.open(path, mapSize)
  } catch (cause) {
    throw new Failure('misconfigured', 'log.not_openable', `the log in ${path} cannot be opened: ${(cause as Error).message}`, { cause })
  }
}

async function rebuild(place: StorePlace, reason: string): Promise<OpenedStore> {
  const path = join(place.directory, 'log')
  const rebuilding = `${path}.rebuild`
  const kept = `${path}.damaged-${place.now}`
  const fresh = open(rebuilding, place)
  const frames = await salvage(join(path, 'data.mdb'), fresh, place.now)
  await fresh.close()
  renameSync(path, kept)
  renameSync(rebuilding, path)
  syncDirectory(place.directory)
  const store = open(path, place)
  return { store, recovered: recover(store), rebuilt: { reason, kept, frames } }
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
