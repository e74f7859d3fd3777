import { statSync } from 'node:fs'
import { Failure } from '../../schemas/failure.ts'
import type { Config } from '../config/schema.ts'

/** A file of another user would not be read by the server. */
export function refuseOtherUser({ data_dir: directory }: Pick<Config, 'data_dir'>): void {
  let owner: number
  try {
    owner = statSync(directory).uid
  } catch {
    return
  }
  const me = process.geteuid?.() ?? owner
  if (owner === me) return
  throw new Failure('misconfigured', 'data_dir.owner', `The data directory ${directory} belongs to user ${owner}, and this command runs as ${me}. Run it as the user that the server runs as.`)
}
