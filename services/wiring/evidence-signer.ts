/** The notary's key, where who exports evidence may read it. */
import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import { openNotaryKey } from '../../infra/keys/notary-key.ts'
import { logOrigin } from '../../schemas/checkpoint.ts'
import { type NoteSigner, rawPublicKey, type Verifier } from '../../schemas/note.ts'
import type { Config } from '../config/schema.ts'
import { nameOf } from '../notary/desk.ts'

function mayRead(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}

/** Under the name by which `known` has the key: the log keeps its name when its key changes. undefined where the key is elsewhere; Failure `misconfigured` where it is damaged. */
export function evidenceSigner({ audit, data_dir: dataDir }: Config, known: readonly Verifier[]): NoteSigner | undefined {
  const file = audit.signing_key_file ?? join(dataDir, 'keys', 'notary.key')
  if (!existsSync(file) || !mayRead(file)) return undefined
  const privateKey = openNotaryKey(file, false)
  const own = rawPublicKey(privateKey)
  return { name: known.find(({ publicKey }) => publicKey.equals(own))?.name ?? logOrigin(nameOf(audit, privateKey)), privateKey }
}
