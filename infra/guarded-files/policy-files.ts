/** Files of policies: a folder of YAML, or files that are named. Others may read them, and only their owner may write. */
import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import { readShared } from './safe-file.ts'
import { type FileWatch, stampOf, watchFile } from './watch-file.ts'

const MAX_BYTES = 262_144
const MOST_FILES = 500

export interface PolicyPlaces {
  /** Folder, of which every `*.yaml` and `*.yml` counts; undefined = none. */
  readonly directory?: string | undefined
  readonly files: readonly string[]
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown error')

async function inFolder(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw new Failure('misconfigured', 'policy.directory', `The folder of policies ${directory} cannot be read: ${codeOf(error)}. Policies that are in force stay so.`, { cause: error })
  })
  const found = names.filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort()
  if (found.length > MOST_FILES) throw new Failure('misconfigured', 'policy.directory', `The folder of policies ${directory} holds ${found.length} files: at most ${MOST_FILES} are read.`)
  return found.map((name) => join(directory, name))
}

async function pathsOf({ directory, files }: PolicyPlaces): Promise<readonly string[]> {
  const all = [...(directory === undefined ? [] : await inFolder(resolve(directory))), ...files.map((file) => resolve(file))]
  return [...new Set(all)]
}

/** Name and text of each. Failure `misconfigured` names what cannot be used, and what to change. */
export async function readPolicyFiles(places: PolicyPlaces): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const read: { name: string; text: string }[] = []
  for (const path of await pathsOf(places)) {
    const text = await readShared(path, MAX_BYTES)
    if (text !== undefined) read.push({ name: basename(path), text })
    else if (places.files.some((file) => resolve(file) === path)) throw new Failure('misconfigured', 'policy.file', `The policy file ${path} is not there. Policies that are in force stay so.`)
  }
  return read
}

/** Changes with every file; '' where the folder cannot be read. */
const stampsOf = async (places: PolicyPlaces): Promise<string> => {
  const paths = await pathsOf(places).catch(() => [])
  return (await Promise.all(paths.map(async (path) => `${path} ${await stampOf(path)}`))).join('\n')
}

/** Calls `changed` once at the start and after each change, within a second. */
export async function watchPolicyFiles(places: PolicyPlaces, changed: () => Promise<void>): Promise<FileWatch> {
  const watched = places.directory ?? places.files[0]
  if (watched === undefined) {
    await changed()
    return { close: async () => undefined }
  }
  return await watchFile(resolve(watched), changed, () => stampsOf(places))
}
