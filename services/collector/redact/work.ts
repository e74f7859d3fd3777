/** One text of an event, cleaned and cut, and the notes of what was done. */
import type { KeyedHash } from '../../../schemas/ports.ts'
import type { Policy } from './policy.ts'
import { cleanse, Scan } from './scan.ts'
import { UNSCANNED } from './span.ts'

/** Longest text that is kept, in UTF-16 units. */
export const LONGEST_TEXT = 64 * 1024
/** Scanned beyond the cut, so that a secret across it is seen whole. */
const BEYOND = 8 * 1024
/** How much of an attribute's key is told. */
export const LONGEST_NAMED_KEY = 128

/** One event or text that is worked on: where in it we stand, and what was done so far. */
export class Work {
  readonly scan: Scan
  #column = ''
  #key: string | undefined
  #entries: Set<string> | undefined

  constructor(tenant: string, policy: Policy, keyed: KeyedHash) {
    this.scan = new Scan(tenant, policy, keyed)
  }

  /** What is noted from now on is said of this column, or of this attribute in it. */
  stand(column: string, key?: string): void {
    this.#column = column
    this.#key = key
  }

  /** Entries for `redacted`, as `field:what`; most events have none. */
  get entries(): ReadonlySet<string> | undefined {
    return this.#entries
  }

  note(what: string): void {
    const field = this.#key === undefined ? this.#column : `${this.#column}.${this.#key.slice(0, LONGEST_NAMED_KEY)}`
    this.#entries ??= new Set()
    this.#entries.add(`${field}:${what}`)
  }

  /** Notes what the scan found since it was last asked. */
  noteFound(): void {
    for (const kind of this.scan.take()) this.note(kind)
  }
}

/** The first `LONGEST_TEXT` units, never half a surrogate pair. */
function cut(text: string): string {
  const last = text.charCodeAt(LONGEST_TEXT - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? LONGEST_TEXT - 1 : LONGEST_TEXT)
}

/** One text: scanned as far as it is kept, then cut. Never throws: what cannot be scanned is dropped. */
export function clean(text: string, work: Work): string {
  if (text === '') return text
  try {
    const long = text.length > LONGEST_TEXT
    const scanned = cleanse(long ? text.slice(0, LONGEST_TEXT + BEYOND) : text, work.scan)
    if (scanned === text) return text
    work.noteFound()
    if (!long && scanned.length <= LONGEST_TEXT) return scanned
    work.note('truncated')
    return cut(scanned)
  } catch {
    work.scan.take()
    work.note('unscanned')
    return UNSCANNED
  }
}
