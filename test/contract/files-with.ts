/** What can be read from a disk by whoever has it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Paths of the files in a folder, and in folders in it, that hold the text; one that goes away meanwhile holds nothing. */
export function filesWith(text: string, folder: string): string[] {
  const looked = readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return looked.filter((path) => {
    try {
      return readFileSync(path).includes(text)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
      throw error
    }
  })
}
