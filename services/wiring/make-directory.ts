import { makeFolder } from '../../infra/durable-files/make-folder.ts'
import { Failure } from '../../schemas/failure.ts'

/** The data directory, readable by its owner alone. Failure `misconfigured` names it. */
export function makeDirectory(directory: string): void {
  try {
    makeFolder(directory)
  } catch (error) {
    throw new Failure(
      'misconfigured', 'data.directory',
      `The data directory ${directory} cannot be made: ${(error as NodeJS.ErrnoException).code}. Give another --data-dir, or change its owner.`,
      { cause: error },
    )
  }
}
