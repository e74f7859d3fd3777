/** The directory the engine keeps its data in: made, checked, and, where it cannot be opened, explained. */
import { accessSync, constants, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import { makeFolder } from '../durable-files/make-folder.ts'

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown')

/** The absolute path, after making it and finding it writable. Throws Failure `misconfigured`. */
export function prepareDirectory(path: string): string {
  const directory = resolve(path)
  try {
    makeFolder(directory)
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
    return directory
  } catch (error) {
    throw new Failure('misconfigured', 'engine.directory',
      `The ClickHouse data directory ${directory} cannot be used (${codeOf(error)}): make it a directory that this user may write, or set another one.`,
      { cause: error })
  }
}

/** The process that holds the directory, by the engine's own `status` file; undefined when none lives. */
function holderOf(directory: string): number | undefined {
  try {
    const pid = Number(/^PID: (\d{1,10})$/m.exec(readFileSync(join(directory, 'status'), 'utf8'))?.[1])
    if (!Number.isInteger(pid)) return undefined
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return codeOf(error) === 'EPERM' ? 0 : undefined
  }
}

/** One sentence for whoever starts the process; the engine itself only says that it failed. */
export function whyNotOpen(directory: string): string {
  const holder = holderOf(directory)
  if (holder === process.pid) return `This process already has another ClickHouse data directory open, so ${directory} cannot be opened.`
  if (holder !== undefined) {
    return `The ClickHouse data directory ${directory} is in use by ${holder === 0 ? 'another process' : `process ${holder}`}: stop it, or set another directory.`
  }
  return `The ClickHouse data directory ${directory} cannot be opened: it is used by another directory's engine in this process, is damaged, or was written by a newer version.`
}
