/**
 * Data keys in a folder of one process: `<folder>/<id>-<made>.key`, wrapped; `<folder>/retiring.json` says which are to be destroyed when. Destroyed means:
 * overwritten, synced, unlinked.
 */
import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import type { KeyRow, KeyState, KeyStore, Retirement } from '../../schemas/sealing.ts'
import { isAbsent, syncFolder, wipe, writeWhole } from '../durable-files/durable-files.ts'
import { makeFolder } from '../durable-files/make-folder.ts'
import { KeyRing } from './key-ring.ts'
import { openWrapper } from './master-file.ts'

const KEY_BYTES = 32
const NAME = /^([0-9a-f]{16})-(\d{1,16})\.key$/
const RETIRING = 'retiring.json'
const MASTER = 'master.key'
/** A key begins so from the moment that it is destroyed: what was overwritten and not yet unlinked when the process was killed is no key. */
const GONE = '.gone-'

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

const NOTHING_DESTROYED: ReadonlySet<string> = new Set()

/** See above. */
export class KeyFolder implements KeyStore {
  readonly #folder: string
  /** As it was read once: nobody else writes it. */
  #retiring: readonly Retirement[] | undefined
  /** One look or change after the other. */
  #noted: Promise<unknown> = Promise.resolve()

  constructor(folder: string) {
    this.#folder = folder
  }

  async load(): Promise<KeyState> {
    const keys: KeyRow[] = []
    for (const { id, madeAt, file } of await this.#files()) keys.push({ id, madeAt, wrapped: await readFile(join(this.#folder, file)) })
    return { keys, destroyed: NOTHING_DESTROYED, retiring: await this.#inTurn((retiring) => Promise.resolve(retiring)) }
  }

  async #readRetiring(): Promise<readonly Retirement[]> {
    const text = await readFile(join(this.#folder, RETIRING), 'utf8').catch((error: unknown) => {
      if (isAbsent(error)) return '[]'
      throw error
    })
    // Those of an earlier version have no id.
    return (JSON.parse(text) as Retirement[]).map((one) => ({ ...one, id: one.id ?? `${one.at}:${one.keys.join(' ')}` }))
  }

  async #files(): Promise<readonly { readonly id: string; readonly madeAt: number; readonly file: string }[]> {
    return (await readdir(this.#folder)).sort().flatMap((file) => {
      const [, id, made] = NAME.exec(file) ?? []
      return id === undefined ? [] : [{ id, madeAt: Number(made), file }]
    })
  }

  async add({ id, madeAt, wrapped }: KeyRow): Promise<void> {
    await writeWhole(join(this.#folder, `${id}-${madeAt}.key`), wrapped)
  }

  async retire(retirement: Retirement): Promise<void> {
    await this.#setRetiring((retiring) => [...retiring.filter(({ id }) => id !== retirement.id), retirement])
  }

  async end(id: string): Promise<void> {
    await this.#setRetiring((retiring) => retiring.filter((one) => one.id !== id))
  }

  async destroy(ids: readonly string[]): Promise<void> {
    for (const { id, file } of await this.#files()) if (ids.includes(id)) await rename(join(this.#folder, file), join(this.#folder, `${GONE}${file}`))
    await syncFolder(this.#folder)
    for (const file of await readdir(this.#folder)) if (file.startsWith(GONE)) await wipe(join(this.#folder, file))
    await syncFolder(this.#folder)
  }

  async isGone(ids: readonly string[]): Promise<boolean> {
    return (await this.#files()).every(({ id }) => !ids.includes(id))
  }

  async #setRetiring(change: (retiring: readonly Retirement[]) => readonly Retirement[]): Promise<void> {
    await this.#inTurn(async (before) => {
      const retiring = change(before)
      await writeWhole(join(this.#folder, RETIRING), JSON.stringify(retiring))
      this.#retiring = retiring
    })
  }

  #inTurn<T>(work: (retiring: readonly Retirement[]) => Promise<T>): Promise<T> {
    const turn = this.#noted.then(async () => work(this.#retiring ??= await this.#readRetiring()))
    this.#noted = turn.catch(() => undefined)
    return turn
  }
}

async function found(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new Failure('misconfigured', 'sealing.master', `${path} cannot be read (${codeOf(error)}): the log cannot be read without it.`, { cause: error })
  }
}

/** Whether keys were ever kept in the folder. */
export const hasKeys = async (folder: string): Promise<boolean> => (await readdir(folder).catch(() => [])).some((file) => NAME.test(file))

async function masterIn(folder: string): Promise<Buffer> {
  const path = join(folder, MASTER)
  const kept = await found(path)
  if (kept === undefined && await hasKeys(folder)) throw new Failure('misconfigured', 'sealing.master', `${path} is gone: restore it, or the log cannot be read.`)
  if (kept === undefined) await writeWhole(path, randomBytes(KEY_BYTES))
  return kept ?? await readFile(path)
}

/** Where the key of keys is, if not in the folder. */
export interface MasterKey {
  readonly key: Buffer
  readonly path: string
}

/** The ring in `folder` under `master`; without one, under a key of keys in a file beside it, made at need. Throws Failure `misconfigured` where that cannot be used. */
export async function openLocalRing(folder: string, now: number, master?: MasterKey): Promise<KeyRing> {
  makeFolder(folder)
  const { key, path } = master ?? { key: await masterIn(folder), path: join(folder, MASTER) }
  if (key.length !== KEY_BYTES) throw new Failure('misconfigured', 'sealing.master', `${path} is not ${KEY_BYTES} bytes: restore it, or the log cannot be read.`)
  return KeyRing.open({ store: new KeyFolder(folder), wrapper: await openWrapper(key, path) }, now)
}
