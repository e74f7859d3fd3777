/**
 * Snapshots as files `<name>.<n>` in one directory, the highest n the newest; two are kept. A snapshot is there whole or not
 * at all, so that after a crash at any point the newest whole one is there.
 */
import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import { writeWhole } from '../durable-files/durable-files.ts'
import { makeFolder } from '../durable-files/make-folder.ts'
import type { Snapshot, Snapshots } from '../../schemas/ports.ts'
import { decodeSnapshot, encodeSnapshot } from './snapshot-file.ts'

export interface DamagedSnapshot {
  readonly name: string
  /** The file, left where it is under the ending `.damaged`. */
  readonly file: string
}

const KEPT = 2
/** Letters, digits and `-` only, so that no two names share a file and none leaves the directory. */
const fileOf = (name: string): string =>
  name.length === 0 ? '_' : name.replace(/[^A-Za-z0-9-]/gu, (character) => `_${character.codePointAt(0)!.toString(16)}_`)

/**
 * Snapshots in `directory`, which is made. `damaged` is told of each file that is not whole. Failure `misconfigured` when the directory
 * cannot be made; `save` throws Failure `unavailable` when the disk does not take it, and the ones before are still there.
 */
export async function openFileSnapshots(directory: string, damaged: (found: DamagedSnapshot) => void): Promise<Snapshots> {
  try {
    makeFolder(directory)
  } catch (cause) {
    const sentence = `the snapshots' directory ${directory} cannot be made: ${(cause as Error).message}`
    throw new Failure('misconfigured', 'snapshots.not_writable', sentence, { cause })
  }
  return new FileSnapshots(directory, damaged)
}

class FileSnapshots implements Snapshots {
  readonly #directory: string
  readonly #damaged: (found: DamagedSnapshot) => void
  /** Saves and loads of one name follow each other. */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(directory: string, damaged: (found: DamagedSnapshot) => void) {
    this.#directory = directory
    this.#damaged = damaged
  }

  async load(name: string): Promise<Snapshot | undefined> {
    return await this.#inTurn(name, () => this.#load(name))
  }

  async save(name: string, snapshot: Snapshot): Promise<void> {
    const bytes = encodeSnapshot(snapshot)
    await this.#inTurn(name, () => this.#save(name, bytes))
  }

  async #inTurn<T>(name: string, action: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(action, action)
    this.#turns.set(name, turn)
    try {
      return await turn
    } finally {
      if (this.#turns.get(name) === turn) this.#turns.delete(name)
    }
  }

  async #load(name: string): Promise<Snapshot | undefined> {
    for (const number of await this.#numbers(name)) {
      const file = join(this.#directory, `${fileOf(name)}.${number}`)
      const snapshot = decodeSnapshot(await readFile(file))
      if (snapshot !== undefined) return snapshot
      await rename(file, `${file}.damaged`)
      this.#damaged({ name, file: `${file}.damaged` })
    }
    return undefined
  }

  async #save(name: string, bytes: Buffer): Promise<void> {
    const base = join(this.#directory, fileOf(name))
    try {
      const numbers = await this.#numbers(name)
      await writeWhole(`${base}.${(numbers[0] ?? 0) + 1}`, bytes, `${base}.draft`)
      for (const number of numbers.slice(KEPT - 1)) await rm(`${base}.${number}`, { force: true })
    } catch (cause) {
      const sentence = `snapshot ${name} could not be saved: ${(cause as Error).message}`
      throw new Failure('unavailable', 'snapshots.not_saved', sentence, { cause, retryAfterSeconds: 2 })
    }
  }

  /** Newest first. */
  async #numbers(name: string): Promise<number[]> {
    const prefix = `${fileOf(name)}.`
    const files = await readdir(this.#directory)
    return files
      .filter((file) => file.startsWith(prefix) && /^[0-9]{1,15}$/.test(file.slice(prefix.length)))
      .map((file) => Number(file.slice(prefix.length)))
      .sort((a, b) => b - a)
  }
}
