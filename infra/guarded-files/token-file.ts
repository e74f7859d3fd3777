/** The file of bearer tokens, `<data_dir>/keys/tokens.json`: read with suspicion, replaced as a whole. */
import { open, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import { TokenFile, type TokenRecord } from '../../schemas/token-record.ts'
import { syncFolder } from '../durable-files/durable-files.ts'
import { makeFolder } from '../durable-files/make-folder.ts'
import { readSafely } from './safe-file.ts'

const MAX_BYTES = 8 * 1024 * 1024
/** A draft as old as this was left behind by a process that was killed. */
const STALE_DRAFT_MS = 10_000

export const tokenFileOf = (dataDir: string): string => join(dataDir, 'keys', 'tokens.json')

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown error')
const damaged = (path: string, why: string): Failure =>
  new Failure('misconfigured', 'keys.damaged', `${path} is not used: ${why}. Restore it from a backup, or remove it and make new tokens.`)

/** Nothing of the content is repeated in a message: it may be anything. */
function parse(path: string, text: string): readonly TokenRecord[] {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    throw damaged(path, 'it is not JSON')
  }
  const parsed = TokenFile.safeParse(content)
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.filter((step) => typeof step === 'number' || /^[a-z0-9_]{1,32}$/.test(String(step))).join('.') ?? ''
    throw damaged(path, `it does not have the form of a token file${where === '' ? '' : ` (at ${where})`}`)
  }
  const { tokens } = parsed.data
  if (new Set(tokens.map(({ sha256 }) => sha256)).size < tokens.length) throw damaged(path, 'it holds one token twice')
  return tokens
}

/** All records, those that were revoked too; undefined where there is no file. Failure `misconfigured` names what to change. */
export async function readTokens(path: string): Promise<readonly TokenRecord[] | undefined> {
  const text = await readSafely(path, MAX_BYTES)
  return text === undefined ? undefined : parse(path, text)
}

/** The draft is the lock too: of two writers one gets it. */
async function openDraft(draft: string): Promise<Awaited<ReturnType<typeof open>>> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await open(draft, 'wx', 0o600)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') {
        throw new Failure('unavailable', 'keys.unwritable', `${draft} cannot be written: ${codeOf(error)}`, { cause: error })
      }
      const age = await stat(draft).then(({ mtimeMs }) => Date.now() - mtimeMs, () => 0)
      if (attempt > 0 || Math.abs(age) < STALE_DRAFT_MS) {
        throw new Failure('unavailable', 'keys.busy', `Another command is changing the tokens. Try again; if none is running, remove ${draft}.`)
      }
      await unlink(draft).catch(() => undefined)
    }
  }
}

/**
 * Replaces the records by what `change` makes of them (which may throw, and then nothing is changed). Readers see the old file or the new
 * one. Failure `unavailable` when another process is at it, `misconfigured` when what is there cannot be used.
 */
export async function changeTokens(path: string, change: (tokens: readonly TokenRecord[]) => readonly TokenRecord[]): Promise<void> {
  makeFolder(dirname(path))
  const draft = `${path}.new`
  const file = await openDraft(draft)
  try {
    try {
      const tokens = change((await readTokens(path)) ?? [])
      const text = `${JSON.stringify({ version: 1, tokens }, undefined, 1)}\n`
      parse(draft, text)
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await unlink(draft).catch(() => undefined)
    throw error
  }
  await syncFolder(dirname(path))
}
