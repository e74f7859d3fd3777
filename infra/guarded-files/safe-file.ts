/** Files that say who may do what: only those that nobody else on the machine can have written, read whole, within a size. */
import { constants } from 'node:fs'
import { access, lstat, open, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Failure } from '../../schemas/failure.ts'

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown error')
const unsafe = (path: string, why: string, cause?: unknown): Failure =>
  new Failure('misconfigured', 'keys.unsafe', `${path} is not used: ${why}`, { cause })

const me = (): number => process.geteuid?.() ?? 0

/** The folder's owner could swap the file, and so could whoever may write to the folder. */
async function checkFolder(path: string): Promise<void> {
  const folder = dirname(path)
  const found = await lstat(folder)
  if (found.isSymbolicLink()) throw unsafe(path, `its folder ${folder} is a symbolic link. Put the folder itself there`)
  const { uid, mode } = found
  if (uid !== me() && uid !== 0) {
    throw unsafe(path, `its folder belongs to user ${uid}, and this process runs as ${me()}. Change the owner: chown ${me()} ${folder}`)
  }
  if ((mode & 0o022) !== 0) throw unsafe(path, `others may write to its folder. Take that away: chmod go-w ${folder}`)
}

interface Found {
  readonly uid: number
  readonly mode: number
  readonly size: number
  readonly file: boolean
}
type WhyNot = (path: string, found: Found, maxBytes: number) => string

function whyNot(path: string, { uid, mode, size, file }: Found, maxBytes: number): string {
  if (!file) return 'it is no ordinary file. Remove it'
  if (uid !== me()) return `it belongs to user ${uid}, and this process runs as ${me()}. Change the owner: chown ${me()} ${path}`
  if ((mode & 0o077) !== 0) return `others may read or write it (mode ${(mode & 0o777).toString(8)}). Take that away: chmod 600 ${path}`
  if (size > maxBytes) return `it is larger than ${maxBytes} bytes`
  return ''
}

/**
 * The whole text, or undefined where there is no such file. Symbolic links, pipes, files of other users and files that others may read or
 * write are refused: Failure `misconfigured`, code `keys.unsafe`, with a sentence that says what to change.
 */
export function readSafely(path: string, maxBytes: number): Promise<string | undefined> {
  return readChecked(path, maxBytes, { whyNot, checkFolder })
}

interface Checks {
  readonly whyNot: WhyNot
  checkFolder(path: string): Promise<void>
}

async function readChecked(path: string, maxBytes: number, { whyNot: wrong, checkFolder: check }: Checks): Promise<string | undefined> {
  let handle
  try {
    // Without O_NONBLOCK a pipe under this name would hold us for ever.
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    // No such folder is no such file: whoever needs the folder says what is wrong with it.
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    if (codeOf(error) === 'ELOOP') throw unsafe(path, 'it is a symbolic link. Put the file itself there', error)
    throw unsafe(path, `it cannot be opened (${codeOf(error)})`, error)
  }
  try {
    await check(path)
    const found = await handle.stat()
    const why = wrong(path, { uid: found.uid, mode: found.mode, size: found.size, file: found.isFile() }, maxBytes)
    if (why !== '') throw unsafe(path, why)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

function whyNotShared(path: string, { uid, mode, size, file }: Found, maxBytes: number): string {
  if (!file) return 'it is no ordinary file'
  if (uid !== me() && uid !== 0) return `it belongs to user ${uid}, and this process runs as ${me()}. Change the owner: chown ${me()} ${path}`
  if ((mode & 0o022) !== 0) return `others may write it (mode ${(mode & 0o777).toString(8)}). Take that away: chmod go-w ${path}`
  return size > maxBytes ? `it is larger than ${maxBytes} bytes` : ''
}

/** Nobody can write where the file system is mounted read-only, whatever the modes say: so come files from a cluster's configuration. */
const isReadOnly = (folder: string): Promise<boolean> => access(folder, constants.W_OK).then(() => false, (error: unknown) => codeOf(error) === 'EROFS')

async function checkSharedFolder(path: string): Promise<void> {
  if (!(await isReadOnly(dirname(path)))) await checkFolder(path)
}

/**
 * The same for files that others may read but not write, such as policies: they may belong to root, and symbolic links are followed where nobody else can
 * have made them.
 */
export async function readShared(path: string, maxBytes: number): Promise<string | undefined> {
  const real = await realpath(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw unsafe(path, `it cannot be opened (${codeOf(error)})`, error)
  })
  if (real === undefined) return undefined
  // A link is as good as the folder that it stands in.
  if (real !== path) await checkSharedFolder(path)
  return await readChecked(real, maxBytes, { whyNot: whyNotShared, checkFolder: checkSharedFolder })
}
