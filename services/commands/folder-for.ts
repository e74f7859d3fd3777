import { Failure } from '../../schemas/failure.ts'
import { makeFolder } from '../../infra/durable-files/make-folder.ts'

/** Makes the folder that somebody named for what is to be written. Failure `misconfigured` where it cannot be. */
export function makeFolderFor(what: string, folder: string, mode?: number): void {
  try {
    makeFolder(folder, mode)
  } catch (cause) {
    throw new Failure('misconfigured', 'folder.unmade', `The folder ${folder} for ${what} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}. Name another.`, { cause })
  }
}
