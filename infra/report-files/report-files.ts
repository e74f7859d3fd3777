/** Finished reports in a directory: written beside it, synced, and moved into their place at once. Nothing that is there is ever written over. */
import { randomBytes } from 'node:crypto'
import { open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import { syncFolder } from '../durable-files/durable-files.ts'
import { makeFolder } from '../durable-files/make-folder.ts'

const NAME = /^[a-z0-9_-]+(\/[a-z0-9_-]+)*$/
const FILE = /^[a-z0-9-]+(\/[a-z0-9-]+)?\.(html|json|jsonl|note)$/
/** The same name with other files in it, as after an erasure. */
const MOST_BESIDE = 100

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

async function write(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  makeFolder(directory)
  for (const [path, text] of files) {
    if (!FILE.test(path)) throw new Failure('defect', 'report.file', `a report has no file ${path}`)
    const target = join(directory, path)
    makeFolder(dirname(target))
    const handle = await open(target, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await syncFolder(dirname(target))
  }
  await syncFolder(directory)
}

/** Undefined where there is no such directory. */
async function readAll(directory: string): Promise<ReadonlyMap<string, string> | undefined> {
  let found: string[]
  try {
    found = await readdir(directory, { recursive: true })
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
  const paths = found.map((path) => path.split(sep).join('/')).filter((path) => FILE.test(path)).sort()
  return new Map(await Promise.all(paths.map(async (path): Promise<[string, string]> => [path, await readFile(join(directory, path), 'utf8')])))
}

const same = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean => a.size === b.size && [...a].every(([path, text]) => b.get(path) === text)

const DRAFT = /^\.[0-9a-f]{16}$/
/** Nobody writes for so long. */
const STALE_MS = 3_600_000

/** Drafts of processes that were killed. */
async function removeLeftovers(root: string): Promise<void> {
  for (const name of (await readdir(root)).filter((one) => DRAFT.test(one))) {
    const found = await stat(join(root, name)).catch(() => undefined)
    if (found !== undefined && Date.now() - found.mtimeMs > STALE_MS) await rm(join(root, name), { recursive: true, force: true })
  }
}

/** Of the shape that reports ask for. `root` is made at need. */
export function openReportFiles(root: string) {
  return {
    async keep(name: string, files: ReadonlyMap<string, string>): Promise<string> {
      if (!NAME.test(name)) throw new Failure('defect', 'report.name', 'a report has no plain name')
      makeFolder(join(root, dirname(name)))
      await removeLeftovers(root)
      const draft = join(root, `.${randomBytes(8).toString('hex')}`)
      try {
        await write(draft, files)
        for (let beside = 1; beside <= MOST_BESIDE; beside++) {
          const place = join(root, beside === 1 ? name : `${name}-${beside}`)
          const there = await readAll(place)
          if (there !== undefined && same(there, files)) return place
          if (there !== undefined) continue
          await rename(draft, place)
          await syncFolder(dirname(place))
          return place
        }
        throw new Failure('rejected', 'report.beside', `There are ${MOST_BESIDE} different reports under ${name}: remove some.`)
      } finally {
        await rm(draft, { recursive: true, force: true })
      }
    },
    /** Only what lies within `root`. */
    async read(directory: string): Promise<ReadonlyMap<string, string> | undefined> {
      let [within, place] = ['', '']
      try {
        ;[within, place] = [await realpath(root), await realpath(directory)]
      } catch {
        return undefined
      }
      return relative(within, place).startsWith('..') || place === within ? undefined : await readAll(place)
    },
  }
}
