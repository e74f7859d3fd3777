/**
 * The data keys of the log: one is used for what is written now, all that are left open what was written before. `<folder>/<id>-<made>.key`, wrapped;
 * `<folder>/retiring.json` says which are to be destroyed when. Destroyed means: overwritten, synced, unlinked, and forgotten in memory.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import type { KeyWrapper, Sealer } from '../../schemas/sealing.ts'
import { type DataKey, openFrame, sealFrame } from './frame.ts'
import { localWrapper } from './local-wrapper.ts'

const KEY_BYTES = 32
const NAME = /^([0-9a-f]{16})-(\d{1,16})\.key$/
const RETIRING = 'retiring.json'
const MASTER = 'master.key'
/** A key begins so from the moment that it is destroyed: what was overwritten and not yet unlinked when the process was killed is no key. */
const GONE = '.gone-'

/** Where a partition of a topic ended. */
export interface End {
  readonly topic: string
  readonly partition: number
  readonly end: number
}

/** Keys that are to be destroyed: not before `at` (milliseconds since 1970), and not before every reader is past the ends. */
export interface Retirement {
  readonly at: number
  readonly keys: readonly string[]
  readonly ends: readonly End[]
}

interface Kept extends DataKey {
  readonly madeAt: number
  readonly file: string
}

async function writeSynced(folder: string, name: string, bytes: Buffer): Promise<void> {
  const draft = join(folder, `.${name}.new`)
  const file = await open(draft, 'w', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, join(folder, name))
  await syncFolder(folder)
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

/** Overwritten, synced, unlinked. */
async function wipe(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.write(randomBytes((await file.stat()).size), 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await unlink(path)
}

export class KeyRing implements Sealer {
  readonly #folder: string
  readonly #wrapper: KeyWrapper
  readonly #keys = new Map<string, Kept>()
  #current: Kept | undefined
  #retiring: readonly Retirement[] = []
  /** One change of what is to be destroyed after the other. */
  #noted: Promise<void> = Promise.resolve()

  private constructor(folder: string, wrapper: KeyWrapper) {
    this.#folder = folder
    this.#wrapper = wrapper
  }

  /** Reads what is there and makes the first key at need. Throws Failure `misconfigured` where a key cannot be opened. */
  static async open(folder: string, wrapper: KeyWrapper, now: number): Promise<KeyRing> {
    const ring = new KeyRing(folder, wrapper)
    await ring.#load()
    if (ring.#current === undefined) await ring.turn(now)
    return ring
  }

  async #load(): Promise<void> {
    for (const file of (await readdir(this.#folder)).sort()) {
      const [, id, made] = NAME.exec(file) ?? []
      if (id === undefined) continue
      const key = await this.#wrapper.unwrap(await readFile(join(this.#folder, file)))
      this.#keep({ id: Buffer.from(id, 'hex'), key, madeAt: Number(made), file })
    }
    const text = await readFile(join(this.#folder, RETIRING), 'utf8').catch(() => '[]')
    this.#retiring = JSON.parse(text) as Retirement[]
  }

  #keep(kept: Kept): void {
    this.#keys.set(kept.id.toString('hex'), kept)
    if (this.#current === undefined || kept.madeAt >= this.#current.madeAt) this.#current = kept
  }

  /** Milliseconds since 1970 at which the key in use was made. */
  get madeAt(): number {
    return this.#current?.madeAt ?? 0
  }

  get retiring(): readonly Retirement[] {
    return this.#retiring
  }

  seal(plain: Buffer, about: string): Buffer {
    if (this.#current === undefined) throw new Failure('defect', 'sealing.key', 'there is no key to seal with')
    return sealFrame(this.#current, plain, about)
  }

  open(sealed: Buffer, about: string): Buffer {
    return openFrame(sealed, (id) => this.#keys.get(id)?.key, about)
  }

  /** From now on another key is used; the answer is the ids of all before. */
  async turn(now: number): Promise<readonly string[]> {
    const before = [...this.#keys.keys()]
    const madeAt = Math.max(now, this.madeAt + 1)
    const id = randomBytes(8)
    const key = randomBytes(KEY_BYTES)
    const file = `${id.toString('hex')}-${madeAt}.key`
    await writeSynced(this.#folder, file, await this.#wrapper.wrap(key))
    this.#keep({ id, key, madeAt, file })
    return before
  }

  /** Writes down what is to be destroyed later; it survives a restart. */
  async retire(retirement: Retirement): Promise<void> {
    await this.#setRetiring((retiring) => [...retiring, retirement])
  }

  /** Destroys the keys of a retirement. Safe to repeat. */
  async destroy(retirement: Retirement): Promise<void> {
    for (const id of retirement.keys) {
      const kept = this.#keys.get(id)
      if (kept === undefined || kept === this.#current) continue
      await rename(join(this.#folder, kept.file), join(this.#folder, `${GONE}${kept.file}`))
      kept.key.fill(0)
      this.#keys.delete(id)
    }
    await syncFolder(this.#folder)
    for (const file of await readdir(this.#folder)) if (file.startsWith(GONE)) await wipe(join(this.#folder, file))
    await syncFolder(this.#folder)
    await this.#setRetiring((retiring) => retiring.filter((one) => one !== retirement))
  }

  #setRetiring(change: (retiring: readonly Retirement[]) => readonly Retirement[]): Promise<void> {
    const noted = this.#noted.then(async () => {
      const retiring = change(this.#retiring)
      await writeSynced(this.#folder, RETIRING, Buffer.from(JSON.stringify(retiring)))
      this.#retiring = retiring
    })
    this.#noted = noted.catch(() => undefined)
    return noted
  }
}

/** The ring in `folder` under a master key in a file beside it, made at need. */
export async function openLocalRing(folder: string, now: number): Promise<KeyRing> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, MASTER)
  const found = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined && (await readdir(folder)).some((file) => NAME.test(file))) {
    throw new Failure('misconfigured', 'sealing.master', `${path} is gone: restore it, or the log cannot be read.`)
  }
  if (found === undefined) await writeSynced(folder, MASTER, randomBytes(KEY_BYTES))
  const master = found ?? await readFile(path)
  if (master.length !== KEY_BYTES) throw new Failure('misconfigured', 'sealing.master', `${path} is not ${KEY_BYTES} bytes: restore it, or the log cannot be read.`)
  return KeyRing.open(folder, localWrapper(master), now)
}
