/**
 * Orders of erasures that are under way, in a folder: each file is sealed under a key of its own, which stands wrapped before it. So a process that was killed knows whom to go on
 * erasing, and once that is done nothing names the person: the file is overwritten, synced and removed.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import type { KeptOrders } from '../../schemas/removal.ts'
import type { KeyWrapper } from '../../schemas/sealing.ts'

const [KEY, NONCE, TAG] = [32, 12, 16]
const ALGORITHM = 'aes-256-gcm'
const FILE = /^([0-9a-f]{32})\.order$/

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

const isAbsent = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

async function found(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

async function withFile(path: string, flags: string, write: (file: Awaited<ReturnType<typeof open>>) => Promise<unknown>): Promise<void> {
  const file = await open(path, flags, 0o600)
  try {
    await write(file)
    await file.sync()
  } finally {
    await file.close()
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

/** `wrapperOf` is asked when there is something to seal or to open. The folder is made at need. */
export function openSealedOrders(folder: string, wrapperOf: () => Promise<KeyWrapper>): KeptOrders {
  const pathOf = (id: string): string => join(folder, `${id}.order`)
  return {
    async keep(id, text) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const bytes = await sealed(text, id, await wrapperOf())
      const draft = join(folder, `.${id}.new`)
      await withFile(draft, 'w', (file) => file.writeFile(bytes))
      await rename(draft, pathOf(id))
      await syncFolder(folder)
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
      const path = pathOf(id)
      try {
        await withFile(path, 'r+', async (file) => file.write(randomBytes((await file.stat()).size), 0))
      } catch (error) {
        if (isAbsent(error)) return
        throw error
      }
      await unlink(path)
      await syncFolder(folder)
    },
  }
}
