/** The MMDB files that are in force now; each is read again when it was replaced. */
import { stat } from 'node:fs/promises'
import { type AddressBook, NOWHERE, type Whereabouts } from '../../schemas/address-book.ts'
import { type MmdbFile, readMmdb } from './mmdb-file.ts'
import { together } from './records.ts'

const LOOK_EVERY_MS = 1_000

export interface AddressBookNews {
  /** A file was replaced and is in force. */
  replaced(file: MmdbFile): void
  /** A file cannot be used any more: what it said before stays in force. */
  broken(path: string, error: unknown): void
  /** A record could not be read: nothing is known of its address. */
  unreadable(path: string): void
}

export interface OpenAddressBook extends AddressBook {
  /** As they are in force, in the order of the configuration. */
  files(): readonly MmdbFile[]
  close(): void
}

/** Changes with every replacement; '' where there is no file. */
async function stampOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined)
  return found === undefined ? '' : `${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`
}

interface Held {
  file: MmdbFile
  stamp: string
}

async function hold(path: string): Promise<Held> {
  // The stamp is older than what is read next: a change in between is seen by the next look.
  const stamp = await stampOf(path)
  return { file: await readMmdb(path), stamp }
}

class WatchedBook implements OpenAddressBook {
  edition = 1
  readonly #held: readonly Held[]
  readonly #news: AddressBookNews
  readonly #timer: NodeJS.Timeout
  #looking = false

  constructor(held: readonly Held[], news: AddressBookNews, lookEveryMs: number) {
    this.#held = held
    this.#news = news
    this.#timer = setInterval(() => void this.#look(), lookEveryMs).unref()
  }

  lookUp(address: string): Whereabouts {
    return together(this.#held.map(({ file }) => this.#ask(file, address)))
  }

  files(): readonly MmdbFile[] {
    return this.#held.map(({ file }) => file)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #ask(file: MmdbFile, address: string): Whereabouts {
    try {
      return file.lookUp(address)
    } catch {
      this.#news.unreadable(file.path)
      return NOWHERE
    }
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    for (const held of this.#held) await this.#lookAt(held)
    this.#looking = false
  }

  async #lookAt(held: Held): Promise<void> {
    const { path } = held.file
    const stamp = await stampOf(path)
    if (stamp === held.stamp) return
    held.stamp = stamp
    try {
      held.file = await readMmdb(path)
      this.edition++
      this.#news.replaced(held.file)
    } catch (error) {
      this.#news.broken(path, error)
    }
  }
}

/** Throws Failure `misconfigured` when one of the files cannot be used at the start. */
export async function openAddressBook(
  paths: readonly string[], news: AddressBookNews, lookEveryMs: number = LOOK_EVERY_MS,
): Promise<OpenAddressBook> {
  const held: Held[] = []
  for (const path of paths) held.push(await hold(path))
  return new WatchedBook(held, news, lookEveryMs)
}
