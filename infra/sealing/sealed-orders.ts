/**
 * Orders of erasures that are under way, in a folder: each file is sealed under a key of its own, which stands wrapped before it. So a process that was killed knows whom to go on
 * erasing, and once that is done nothing names the person: the file is overwritten, synced and removed.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import type { KeptOrders } from '../../schemas/removal.ts'
import type { KeyWrapper } from '../../schemas/sealing.ts'
import { isAbsent, syncFolder, wipe, writeWhole } from '../durable-files/durable-files.ts'
import { makeFolder } from '../durable-files/make-folder.ts'
import type { Wrapped } from './master-file.ts'
import { opens } from './rewrapping.ts'

const [KEY, NONCE, TAG] = [32, 12, 16]
const ALGORITHM = 'aes-256-gcm'
const FILE = /^([0-9a-f]{32})\.order$/

async function found(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/** Length of the wrapped key (two bytes), wrapped key, nonce, sealed text, tag. */
async function sealed(text: string, id: string, wrapper: KeyWrapper): Promise<Buffer> {
  const [key, nonce] = [randomBytes(KEY), randomBytes(NONCE)]
  const wrapped = await wrapper.wrap(key)
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(id))
  const length = Buffer.alloc(2)
  length.writeUInt16BE(wrapped.length)
  return Buffer.concat([length, wrapped, nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

async function opened(bytes: Buffer, id: string, wrapper: KeyWrapper): Promise<string> {
  const from = 2 + bytes.readUInt16BE()
  const key = await wrapper.unwrap(bytes.subarray(2, from))
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(from, from + NONCE)).setAAD(Buffer.from(id))
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG))
  return Buffer.concat([decipher.update(bytes.subarray(from + NONCE, bytes.length - TAG)), decipher.final()]).toString('utf8')
}

/** The same order under a key that is wrapped with `to`; undefined where it is so already. */
async function rewrapped(bytes: Buffer, from: KeyWrapper, to: KeyWrapper): Promise<Buffer | undefined> {
  const end = 2 + bytes.readUInt16BE()
  const old = bytes.subarray(2, end)
  if (await opens(to, old)) return undefined
  const wrapped = await to.wrap(await from.unwrap(old))
  const length = Buffer.alloc(2)
  length.writeUInt16BE(wrapped.length)
  return Buffer.concat([length, wrapped, bytes.subarray(end)])
}

/** The keys of the orders in a folder. One that is damaged is as unreadable afterwards as before, and holds nothing up. */
export const wrappedOrders = (folder: string): Wrapped => ({
  succeeded: () => Promise.resolve(),
  async rewrap(from, to) {
    let count = 0
    for (const name of (await readdir(folder).catch(() => [])).filter((file) => FILE.test(file))) {
      const bytes = await rewrapped(await readFile(join(folder, name)), from, to).catch(() => undefined)
      if (bytes === undefined) continue
      await writeWhole(join(folder, name), bytes)
      count++
    }
    return count
  },
})

/** `wrapperOf` is asked when there is something to seal or to open. The folder is made at need. */
export function openSealedOrders(folder: string, wrapperOf: () => Promise<KeyWrapper>): KeptOrders {
  const pathOf = (id: string): string => join(folder, `${id}.order`)
  return {
    async keep(id, text) {
      makeFolder(folder)
      const bytes = await sealed(text, id, await wrapperOf())
      await writeWhole(pathOf(id), bytes)
    },
    async list() {
      return (await readdir(folder).catch(() => [])).flatMap((name) => FILE.exec(name)?.[1] ?? []).sort()
    },
    async read(id) {
      const path = pathOf(id)
      const bytes = await found(path)
      return bytes === undefined ? undefined : await opened(bytes, id, await wrapperOf()).catch((cause: unknown) => {
        throw cause instanceof Failure ? cause : new Failure('misconfigured', 'sealing.order', `${path} is damaged, or is the order of another erasure: restore it, or ask for the erasure again.`, { cause })
      })
    },
    async destroy(id) {
      try {
        await wipe(pathOf(id))
      } catch (error) {
        if (isAbsent(error)) return
        throw error
      }
      await syncFolder(folder)
    },
  }
}
