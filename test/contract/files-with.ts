/** What can be read from a disk by whoever has it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Looks at a folder whose owner is at work. */
const MOST_LOOKS = 50

const isGone = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

function lookedThrough(text: string, folder: string): string[] {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return files.filter((path) => readFileSync(path).includes(text))
}

/** Paths of the files in a folder, and in folders in it, that hold the text. Where one went away meanwhile, it is looked through again: what moved would be missed. */
export function filesWith(text: string, folder: string): string[] {
  for (let looks = 1; ; looks++) {
    try {
      return lookedThrough(text, folder)
    } catch (error) {
      if (!isGone(error) || looks === MOST_LOOKS) throw error
    }
  }
}
