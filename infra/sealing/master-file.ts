/**
 * A file that holds the key of keys, and how another takes its place: `<file>.next` is the one to come, `<file>.before` the one that went. While they are there they open as well;
 * what is new is wrapped with the one in the file itself. So a process may be killed, or started, at any point of it.
 */
import { randomBytes } from 'node:crypto'
import { link, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import type { KeyWrapper } from '../../schemas/sealing.ts'
import { isAbsent, syncFolder, wipe, writeWhole } from '../durable-files/durable-files.ts'
import { localWrapper, masterId } from './local-wrapper.ts'

const KEY_BYTES = 32

const nextOf = (path: string): string => `${path}.next`
const beforeOf = (path: string): string => `${path}.before`

async function keyIn(path: string): Promise<Buffer | undefined> {
  const key = await readFile(path).catch((error: unknown) => {
    if (isAbsent(error)) return undefined
    throw new Failure('misconfigured', 'sealing.master', `${path} cannot be read: without it some keys of the log cannot be opened.`, { cause: error })
  })
  if (key === undefined || key.length === KEY_BYTES) return key
  throw new Failure('misconfigured', 'sealing.master', `${path} is not ${KEY_BYTES} bytes: restore it.`)
}

const othersBeside = async (path: string): Promise<readonly Buffer[]> => (await Promise.all([nextOf(path), beforeOf(path)].map(keyIn))).filter((key) => key !== undefined)

/** Wraps with the key of keys in `path`, and opens also with those beside it. */
export const openWrapper = async (master: Buffer, path: string): Promise<KeyWrapper> => localWrapper(master, path, await othersBeside(path))

/** The same with what is in `path` now; undefined where nothing is. */
export async function wrapperIn(path: string): Promise<KeyWrapper | undefined> {
  const master = await keyIn(path)
  return master === undefined ? undefined : await openWrapper(master, path)
}

/** Ids of the keys of keys that are in `path` and beside it. */
export const mastersOf = async (path: string): Promise<readonly string[]> => [...await Promise.all([path, nextOf(path)].map(keyIn)), await keyIn(beforeOf(path))].flatMap((key) => (key === undefined ? [] : [masterId(key)]))

/** Whatever holds keys that are wrapped with the key of keys. */
export interface Wrapped {
  /** Wraps anew what `to` cannot open, and says how many that were. Throws where one cannot be opened with `from`; then nothing is lost. Safe to repeat. */
  rewrap(from: KeyWrapper, to: KeyWrapper): Promise<number>
  /** Told once all are wrapped with `to`, before the file changes. */
  succeeded(from: KeyWrapper, to: KeyWrapper): Promise<void>
}

export interface Rotated {
  /** Ids of the two. */
  readonly from: string
  readonly to: string
  readonly rewrapped: number
}

const absent = (path: string): Failure => new Failure('misconfigured', 'sealing.master', `${path} is not there: there is no key of keys to change.`)

/** The key that is to come: the one that an earlier try began with, or a new one. */
async function comingKey(path: string): Promise<Buffer> {
  const begun = await keyIn(nextOf(path))
  if (begun !== undefined) return begun
  const key = randomBytes(KEY_BYTES)
  await writeWhole(nextOf(path), key).catch((cause: unknown) => {
    throw new Failure('misconfigured', 'sealing.unwritable', `${nextOf(path)} cannot be written: change the key in a copy that can be (keys.sealing_key_file), and put the result in the place of this one.`, { cause })
  })
  return key
}

async function rewrapAll(wrapped: readonly Wrapped[], from: KeyWrapper, to: KeyWrapper): Promise<number> {
  let count = 0
  for (const one of wrapped) count += await one.rewrap(from, to)
  return count
}

export interface Rotation {
  readonly from: KeyWrapper
  readonly to: KeyWrapper
}

/** What takes the place of the key in `path`: made and written beside it, or what an earlier try wrote there. */
export async function planRotation(path: string): Promise<Rotation> {
  const [master, before] = [await keyIn(path), await keyIn(beforeOf(path))]
  if (master === undefined) throw absent(path)
  if (before !== undefined && !before.equals(master)) {
    throw new Failure('rejected', 'sealing.before', `${beforeOf(path)} is there: the change before is not ended. End it first (watchkeeper keys retire).`)
  }
  const next = await comingKey(path)
  return { from: localWrapper(master, path, [next]), to: localWrapper(next, nextOf(path)) }
}

/** Wraps everything anew, then puts the new key in the place of the old one, which stays beside it. Killed at any point, a plan of its own goes on. */
export async function rotateMaster(path: string, { from, to }: Rotation, wrapped: readonly Wrapped[]): Promise<Rotated> {
  const rewrapped = await rewrapAll(wrapped, from, to)
  for (const one of wrapped) await one.succeeded(from, to)
  // The file is there at every moment: first a second name for the old key, then the new one in its place.
  await link(path, beforeOf(path)).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  })
  await rename(nextOf(path), path)
  await syncFolder(dirname(path))
  return { from: from.id, to: to.id, rewrapped }
}

/** Overwrites and removes the key that went, once nothing is wrapped with it any more; undefined where there is none. */
export async function retireMaster(path: string, wrapped: readonly Wrapped[]): Promise<Rotated | undefined> {
  const [master, before] = [await keyIn(path), await keyIn(beforeOf(path))]
  if (master === undefined) throw absent(path)
  if (before === undefined) return undefined
  // Killed between the two names: the file is the old key still, and its second name says nothing.
  if (before.equals(master)) throw new Failure('rejected', 'sealing.unfinished', `${path} is the old key still: go on with watchkeeper keys rotate.`)
  const [from, to] = [localWrapper(master, path, [before]), localWrapper(master, path)]
  const rewrapped = await rewrapAll(wrapped, from, to)
  await wipe(beforeOf(path))
  await syncFolder(dirname(path))
  return { from: masterId(before), to: to.id, rewrapped }
}
