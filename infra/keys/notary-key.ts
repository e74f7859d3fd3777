/** The key that signs checkpoints: Ed25519, PKCS#8 PEM, readable by its owner alone, made where there is none. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import { makeFolder } from '../durable-files/make-folder.ts'

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error'

/** Written whole under a name of its own, then linked: of several processes that start at once one wins, and all read the winner's. */
function create(file: string): void {
  const draft = `${file}.${randomUUID()}.tmp`
  makeFolder(dirname(file))
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' })
  writeFileSync(draft, pem, { flag: 'wx', mode: 0o600, flush: true })
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
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The key in `file`; `make`: where it is not there, a new one. Throws Failure `misconfigured` when it cannot be read, made, or is no Ed25519 key. */
export function openNotaryKey(file: string, make: boolean): KeyObject {
  let pem: string | undefined
  try {
    if (make && found(file) === undefined) create(file)
    pem = found(file)
  } catch (error) {
    throw new Failure('misconfigured', 'keys.unwritable', `${file} cannot be read or written: ${codeOf(error)}`, { cause: error })
  }
  if (pem === undefined) throw new Failure('misconfigured', 'keys.missing', `audit.signing_key_file ${file} is not there: make one with openssl genpkey -algorithm ed25519 -out ${file}`)
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Said below.
  }
  throw new Failure('misconfigured', 'keys.damaged', `${file} does not hold an Ed25519 key (PKCS#8 PEM). Restore it from a backup: with a new key the log is not the one that others know.`)
}

/** Leaves the public line beside the key, for whoever verifies. */
export function writeVerifierLine(file: string, line: string): void {
  if (found(file) === `${line}\n`) return
  const draft = `${file}.${randomUUID()}.tmp`
  writeFileSync(draft, `${line}\n`, { flag: 'wx', mode: 0o644 })
  renameSync(draft, file)
}
