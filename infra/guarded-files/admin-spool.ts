/**
 * Where actions of administrators wait to become audit events: `<data_dir>/admin-spool`, a file an action. Written before the action is done
 * (`.begun`) and again when it has ended (`.done`), so that neither a crash nor a stopped server makes one disappear. The command line and the
 * API write here; every running process reads what is in its own data directory.
 */
import { randomBytes } from 'node:crypto'
import { readdir, stat, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { AdminAction, type AdminAudit, type AdminDeed } from '../../schemas/admin-action.ts'
import { Failure } from '../../schemas/failure.ts'
import { writeWhole } from '../durable-files/durable-files.ts'
import { makeFolder } from '../durable-files/make-folder.ts'
import { readSafely } from './safe-file.ts'

const MAX_BYTES = 65_536
const NAME = /^([0-9a-f]{32})\.(begun|done)$/
/** Nobody works at one action for so long: whoever began it is gone. */
const ABANDONED_MS = 300_000
/** Files that are read in one go; the others come with the next. */
const MOST_AT_ONCE = 1_000

export const spoolOf = (dataDir: string): string => join(dataDir, 'admin-spool')
const cut = (text: string, length: number): string => text.slice(0, length)
const failureOf = (error: unknown): string => cut(error instanceof Error ? error.message : String(error), 1_024)

function actionOf({ peer = '', ...deed }: AdminDeed): AdminAction {
  const details = Object.fromEntries(Object.entries(deed.details).map(([key, value]) => [cut(key, 64), cut(value, 4_096)]))
  return {
    ...deed, object: cut(deed.object, 256), actor: cut(deed.actor, 256), peer: cut(peer, 256), details, id: randomBytes(16).toString('hex'),
    at: new Date().toISOString(), host: cut(hostname(), 256), outcome: 'unknown', reason: 'It was begun, and nobody said how it ended.',
  }
}

/** Writes to the spool of `dataDir`. */
export function openAdminAudit(dataDir: string): AdminAudit {
  const folder = spoolOf(dataDir)
  const write = (action: AdminAction, kind: 'begun' | 'done') => writeWhole(join(folder, `${action.id}.${kind}`), `${JSON.stringify(action)}\n`)

  async function begin(deed: AdminDeed): Promise<AdminAction> {
    const action = actionOf(deed)
    try {
      makeFolder(folder)
      await write(action, 'begun')
      return action
    } catch (cause) {
      const why = `Nothing was done, because it could not be written down: ${folder} cannot be written (${failureOf(cause)}).`
      throw new Failure('unavailable', 'admin.unwritable', why, { cause })
    }
  }
  async function end(action: AdminAction, outcome: AdminAction['outcome'], reason: string): Promise<void> {
    // Where this fails the first file stays, and says that the outcome is not known.
    await write({ ...action, outcome, reason }, 'done')
      .then(() => unlink(join(folder, `${action.id}.begun`))).catch(() => undefined)
  }

  return {
    async during(deed, work) {
      const action = await begin(deed)
      try {
        const result = await work()
        await end(action, 'ok', '')
        return result
      } catch (error) {
        await end(action, 'failed', failureOf(error))
        throw error
      }
    },
  }
}

export interface SpoolReader {
  /** Makes an audit event of it; resolves when that is durable. What it throws ends this round: the rest comes with the next. */
  take(action: AdminAction): Promise<void>
  /** A file that is none of ours, or has been tampered with: it stays where it is. */
  bad(file: string, error: unknown): void
}

/** Gives everything that is ready to `take`, oldest first, and removes it then. `known`: names already told to be bad. */
export async function drainSpool(dataDir: string, reader: SpoolReader, known: Set<string>): Promise<void> {
  const folder = spoolOf(dataDir)
  const names = (await readdir(folder).catch(() => [])).filter((name) => NAME.test(name) && !known.has(name)).slice(0, MOST_AT_ONCE)
  const actions: { readonly name: string; readonly action: AdminAction }[] = []
  for (const name of names) {
    try {
      const action = await readOne(join(folder, name), name)
      if (action !== undefined) actions.push({ name, action })
    } catch (error) {
      known.add(name)
      reader.bad(join(folder, name), error)
    }
  }
  actions.sort((a, b) => (a.action.at < b.action.at ? -1 : 1))
  for (const { name, action } of actions) {
    await reader.take(action)
    await unlink(join(folder, name)).catch(() => undefined)
  }
}

/** Undefined: not ready, or taken by another process. */
async function readOne(path: string, name: string): Promise<AdminAction | undefined> {
  if (name.endsWith('.begun')) {
    const age = await stat(path).then(({ mtimeMs }) => Date.now() - mtimeMs, () => 0)
    if (age < ABANDONED_MS) return undefined
  }
  const text = await readSafely(path, MAX_BYTES)
  if (text === undefined) return undefined
  const action = AdminAction.parse(JSON.parse(text))
  if (!name.startsWith(action.id)) throw new Error('it says another id than its name')
  return action
}
