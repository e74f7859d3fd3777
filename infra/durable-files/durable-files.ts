/** Files that are there whole or not at all, also after the power was cut, and secrets among them that are gone for good. */
import { randomBytes } from 'node:crypto'
import { open, rename, rm, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Names in `folder`, made or taken away, stay so from then on. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

/**
 * Resolves once `content` would survive a crash, in place of what was there; readable by its owner alone. Written as `draft` first, in the same folder, of which
 * nothing is left where it fails.
 */
export async function writeWhole(path: string, content: Buffer | string, draft = join(dirname(path), `.${basename(path)}.new`)): Promise<void> {
  // Of a process that was killed. Not written over: it might be a link by now.
  await rm(draft, { force: true })
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(content).then(() => file.sync()).finally(() => file.close())
    await rename(draft, path)
  } catch (error) {
    await unlink(draft).catch(() => undefined)
    throw error
  }
  await syncFolder(dirname(path))
}

/** Overwritten, synced, unlinked; the folder is not synced. */
export async function wipe(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.write(randomBytes((await file.stat()).size), 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await unlink(path)
}

export const isAbsent = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'
