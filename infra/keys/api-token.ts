/** The token that the API asks for: made at the first start, readable by the owner only. */
import { randomBytes, randomUUID } from 'node:crypto'
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import { makeFolder } from '../durable-files/make-folder.ts'

const FORM = /^[A-Za-z0-9_-]{43}$/

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error'

/** Written whole under a name of its own, then linked: of several processes that start at once one wins, and all read the winner's. */
function create(folder: string, file: string): void {
  const draft = join(folder, `.${randomUUID()}.tmp`)
  makeFolder(folder)
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { flag: 'wx', mode: 0o600, flush: true })
  try {
    linkSync(draft, file)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    unlinkSync(draft)
  }
}

function found(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The token in `<dataDir>/keys/api.token`. Throws Failure `misconfigured` when the file is damaged, or cannot be read or made. */
export function openApiToken(dataDir: string): string {
  const folder = join(dataDir, 'keys')
  const file = join(folder, 'api.token')
  let token: string | undefined
  try {
    if (found(file) === undefined) create(folder, file)
    token = found(file)
  } catch (error) {
    throw new Failure('misconfigured', 'keys.unwritable', `${file} cannot be read or written: ${codeOf(error)}`, { cause: error })
  }
  if (token === undefined || !FORM.test(token)) {
    throw new Failure('misconfigured', 'keys.damaged', `${file} does not hold a token of 43 characters. Remove it; a new one is made at the next start.`)
  }
  return token
}
