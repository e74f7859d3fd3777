/**
 * One process a log. The lock is a file that names its owner: process id plus the kernel's start time of that process, so that a number
 * used again after a crash or in a restarted container is not taken for the owner. Processes that cannot see each other (two containers
 * on one volume) are told apart only by this file: do not share a data directory.
 */
import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { Failure } from '../../schemas/failure.ts'
import { makeFolder } from '../durable-files/make-folder.ts'

const LOCK = 'log.lock'

/** Creates `directory`, proves that it can be written, and takes the lock. Failure `misconfigured` names the directory. Returns the release. */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, LOCK)
  const mine = `${hostname()} ${process.pid} ${startTime(process.pid)}`
  const draft = join(directory, `${LOCK}.${process.pid}`)
  try {
    makeFolder(directory)
    const file = openSync(draft, 'w')
    writeSync(file, mine)
    closeSync(file)
  } catch (cause) {
    throw unusable(directory, 'written', cause)
  }
  try {
    take(directory, path, draft)
  } finally {
    rmSync(draft, { force: true })
  }
  return () => {
    if (read(path) === mine) rmSync(path, { force: true })
  }
}

/** The process that has the log in `directory` open; undefined where none lives. */
export function ownerOf(directory: string): number | undefined {
  const owner = read(join(directory, LOCK))
  return owner !== undefined && alive(owner) ? Number(owner.split(' ')[1]) : undefined
}

const unusable = (directory: string, done: string, cause: unknown): Failure =>
  new Failure('misconfigured', 'log.not_writable', `the log's directory ${directory} cannot be ${done}: ${(cause as Error).message}`, { cause })

function take(directory: string, path: string, draft: string): void {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      linkSync(draft, path)
      return
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw unusable(directory, 'locked', cause)
      }
    }
    const owner = read(path)
    if (owner !== undefined && alive(owner)) {
      const sentence = `the log in ${directory} is in use by process ${owner.split(' ')[1]}; stop it, or choose another data directory`
      throw new Failure('misconfigured', 'log.locked', sentence)
    }
    removeStale(path, owner)
  }
  throw new Failure('misconfigured', 'log.locked', `the log in ${directory} is being opened by several processes at once`)
}

/** Takes a dead owner's file away; puts it back if another process was quicker and it is a living one's by now. */
function removeStale(path: string, owner: string | undefined): void {
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
    if (read(aside) !== owner) linkSync(aside, path)
  } catch {
    // Someone else removed or replaced it: the next attempt sees what is there now.
  }
  rmSync(aside, { force: true })
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function alive(owner: string): boolean {
  const [host, pid, started] = owner.split(' ')
  if (host !== hostname() || !/^\d+$/.test(pid ?? '')) return false
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return startTime(Number(pid)) === started
}

/** Field 22 of /proc/<pid>/stat (clock ticks since boot) with the boot's id; '-' where there is no /proc. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return '-'
  }
}
