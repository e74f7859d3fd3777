/** Says that a file, or what is in a folder, may have changed. The system's own notices are fast but not certain, so its stamps are looked at too. */
import { type FSWatcher, watch } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

const POLL_MS = 1_000

/** Changes with every content, owner, mode and name change; '' where there is no file. */
export async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await lstat(path, { bigint: true })
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`
  } catch {
    return ''
  }
}

export interface FileWatch {
  close(): Promise<void>
}

/** Calls `changed` once at the start and then after each change, one call at a time. `changed` must not throw. `stamp`: of what may change, where that is more than the file. */
export async function watchFile(path: string, changed: () => Promise<void>, stamp: () => Promise<string> = () => stampOf(path)): Promise<FileWatch> {
  let seen: string | undefined
  let running: Promise<void> | undefined
  let again = false
  let closed = false

  async function look(): Promise<void> {
    do {
      again = false
      const found = await stamp()
      if (closed || found === seen) continue
      // The stamp is older than what is read next: a change in between is seen by the next look.
      seen = found
      await changed()
    } while (again)
  }
  const start = (): Promise<void> => {
    again = true
    return (running ??= look().finally(() => (running = undefined)))
  }

  await start()
  let watcher: FSWatcher | undefined
  try {
    const folder = (await lstat(path).catch(() => undefined))?.isDirectory() === true
    watcher = watch(folder ? path : dirname(path), { persistent: false }, (_kind, name) => {
      if (folder || name === null || name === basename(path)) void start()
    })
    watcher.on('error', () => watcher?.close())
  } catch {
    // No such folder yet, or no watches left: the poll remains.
  }
  const timer = setInterval(() => void start(), POLL_MS).unref()
  return {
    async close() {
      closed = true
      clearInterval(timer)
      watcher?.close()
      await running
    },
  }
}
