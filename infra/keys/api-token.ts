/** The token that the API asks for: made at the first start, readable by the owner only. */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'

const FORM = /^[A-Za-z0-9_-]{43}$/

/** The token in `<dataDir>/keys/api.token`; the folder must be there. Throws Failure `misconfigured` when the file is damaged. */
export function openApiToken(dataDir: string): string {
  const file = join(dataDir, 'keys', 'api.token')
  try {
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600, flush: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw new Failure('misconfigured', 'keys.unwritable', `${file} cannot be written: ${(error as NodeJS.ErrnoException).code}`, { cause: error })
  }
  const token = readFileSync(file, 'utf8').trim()
  if (!FORM.test(token)) throw new Failure('misconfigured', 'keys.damaged', `${file} does not hold a token of 43 characters. Remove it; a new one is made at the next start.`)
  return token
}
