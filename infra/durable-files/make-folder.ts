/** Folders, made where they are not there. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** False where the folder above it is not there. */
function madeOne(folder: string, mode: number): boolean {
  try {
    mkdirSync(folder, { mode })
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    // The root and folders of others say so before they say that they are there.
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return true
    throw error
  }
}

/**
 * Makes `folder` and those above it; for its owner alone, unless `mode` says otherwise. Throws the system's error. In place of mkdir with `recursive`, which tries for ever where the
 * system takes no folder in one that is there, and says that there is none (`/proc/x`).
 */
export function makeFolder(folder: string, mode = 0o700): void {
  const path = resolve(folder)
  if (madeOne(path, mode)) return
  makeFolder(dirname(path), mode)
  if (!madeOne(path, mode)) throw Object.assign(new Error(`ENOENT: no folder can be made in ${dirname(path)}`), { code: 'ENOENT', syscall: 'mkdir' })
}
