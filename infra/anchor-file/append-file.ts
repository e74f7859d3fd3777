/** A file that only grows: signed notes one behind the other, each followed by an empty line. */
import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../durable-files/durable-files.ts'

const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW

/** The last two bytes; fewer where there are none. */
async function tailOf(file: FileHandle): Promise<string> {
  const { size } = await file.stat()
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, Math.max(0, size - 2))
  return buffer.toString('latin1', 0, bytesRead)
}

/** What stands between a note that was cut off (the power, a full disk) and the next. */
const apart = (tail: string): string => (tail === '' || tail === '\n\n' ? '' : tail.endsWith('\n') ? '\n' : '\n\n')

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false)
}

/** Resolves when `note` is on the disk, behind everything that was there. Symbolic links are not followed; whoever may read the folder may read the file. */
export async function appendNote(path: string, note: string): Promise<void> {
  const isNew = !(await isThere(path))
  const file = await open(path, FLAGS, 0o644)
  try {
    if (!(await file.stat()).isFile()) throw new Error(`${path} is no file`)
    await file.appendFile(`${apart(await tailOf(file))}${note}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  if (isNew) await syncFolder(dirname(path))
}
