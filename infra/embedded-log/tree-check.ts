/**
 * Is LMDB's file fit to be mapped and written? LMDB trusts every byte of its tree: a flipped page number ends in a segmentation fault, a
 * short file in SIGBUS, a wrong free page in live data overwritten. So before it is opened, the file is read with ordinary reads and
 * every page of both trees is checked: reachable once, inside the file, well formed, keys in order, counts as the meta page says.
 * Values on overflow pages are not read; they carry their own checksums.
 *
 * Layout (LMDB data version 2, 64-bit little-endian): page = u64 number, u64 transaction, u16 pad, u16 flags, u16 lower, u16 upper
 * (or u32 pages of an overflow run), u16 offsets. Node = u16 lo, u16 hi, u16 flags, u16 key length, key, data.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const PAGE = 4096
const HEADER = 24
const BRANCH = 1
const LEAF = 2
const OVERFLOW = 4
const META = 8
const MAGIC = 0xbeef_c0de
const VERSION = 2
const LARGEST_MAP = 1n << 46n
const BIGDATA = 1
const NO_PAGE = 0xffff_ffff_ffff_ffffn
/** Heads of overflow runs are read oldest first for so long; a log too big for that has the rest unchecked. */
const OVERFLOW_BUDGET_MS = 150

interface Tree {
  readonly depth: number
  readonly branchPages: number
  readonly leafPages: number
  readonly overflowPages: number
  readonly entries: number
  readonly root: bigint
}
interface Meta {
  readonly lastPage: number
  readonly transaction: number
  readonly free: Tree
  readonly main: Tree
}

class Broken extends Error {}
const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Broken(what)
}

/** What is wrong with the data file at `path`, as a short sentence, or undefined. Throws only when the file cannot be read at all. */
export function brokenTree(path: string): string | undefined {
  const file = openSync(path, 'r')
  try {
    new Walk(file, Math.floor(fstatSync(file).size / PAGE)).run()
    return undefined
  } catch (error) {
    if (error instanceof Broken) return error.message
    if (error instanceof RangeError) return 'a page has numbers that point outside it'
    throw error
  } finally {
    closeSync(file)
  }
}

/**
 * Pages written by this transaction or a later one are of the last state of the file, as far as its meta pages can be believed: with both
 * the newest, with one the next (the other page may have held it), with none no transaction will do.
 */
export function lastTransaction(file: number): number {
  const known = [0, 1].flatMap((page) => {
    try {
      return [new Walk(file, 2).metaAt(page).transaction]
    } catch {
      return []
    }
  })
  if (known.length === 1) return known[0]! + 1
  return known.length === 2 && Math.abs(known[0]! - known[1]!) <= 1 ? Math.max(...known) : Infinity
}

/** The transaction that wrote the leaf page around byte `at`; 0 where there is no such page. */
export function leafTransaction(file: number, at: number): number {
  const head = Buffer.alloc(HEADER)
  const page = Math.floor(at / PAGE)
  const whole = readSync(file, head, 0, HEADER, page * PAGE) === HEADER
  return whole && head.readBigUInt64LE(0) === BigInt(page) && head.readUInt16LE(18) === LEAF ? Number(head.readBigUInt64LE(8)) : 0
}

class Walk {
  readonly #file: number
  readonly #pages: number
  #seen = new Uint8Array(0)
  #meta!: Meta
  #counts = { branch: 0, leaf: 0, overflow: 0, entries: 0 }
  #lastKey: Buffer | undefined
  #isFree = false
  readonly #runs: { page: number; pages: number }[] = []

  constructor(file: number, pages: number) {
    this.#file = file
    this.#pages = pages
  }

  run(): void {
    this.#meta = this.#newestMeta()
    must(this.#meta.lastPage < 2 ** 40, 'the meta page names a last page that cannot be')
    this.#seen = new Uint8Array(Math.min(this.#meta.lastPage, this.#pages) + 1)
    this.#tree(this.#meta.main, false)
    this.#tree(this.#meta.free, true)
    this.#checkRuns()
  }

  #read(page: number): Buffer {
    const bytes = Buffer.allocUnsafe(PAGE)
    must(readSync(this.#file, bytes, 0, PAGE, page * PAGE) === PAGE, `the file ends before page ${page}`)
    return bytes
  }

  /** Transaction n writes meta page n mod 2, so the two name neighbouring transactions; else one of them is damaged. */
  #newestMeta(): Meta {
    const [even, odd] = [this.metaAt(0), this.metaAt(1)]
    const newest = even.transaction > odd.transaction ? even : odd
    must(Math.abs(even.transaction - odd.transaction) <= 1 && (newest.transaction < 2 || newest.transaction % 2 === (newest === odd ? 1 : 0)),
      'the meta pages do not follow each other')
    return newest
  }

  metaAt(page: number): Meta {
    const bytes = this.#read(page)
    const isMeta = bytes.readUInt16LE(18) === META && bytes.readUInt32LE(24) === MAGIC && bytes.readUInt32LE(28) === VERSION
    must(isMeta, `page ${page} is no meta page`)
    const isSized = bytes.readBigUInt64LE(32) === 0n && bytes.readBigUInt64LE(40) < LARGEST_MAP && bytes.readUInt32LE(48) === PAGE
    must(isSized, `meta page ${page} has odd sizes`)
    const number = (at: number): number => Number(bytes.readBigUInt64LE(at))
    const tree = (at: number): Tree => ({
      depth: bytes.readUInt16LE(at + 6), branchPages: number(at + 8), leafPages: number(at + 16), overflowPages: number(at + 24),
      entries: number(at + 32), root: bytes.readBigUInt64LE(at + 40),
    })
    must(bytes.readUInt16LE(100) === 0, `meta page ${page} has odd flags`)
    return { free: tree(48), main: tree(96), lastPage: number(144), transaction: number(152) }
  }

  #tree(tree: Tree, isFree: boolean): void {
    this.#counts = { branch: 0, leaf: 0, overflow: 0, entries: 0 }
    this.#lastKey = undefined
    this.#isFree = isFree
    if (tree.root !== NO_PAGE) this.#page(Number(tree.root), tree.depth)
    const { branch, leaf, overflow, entries } = this.#counts
    must(branch === tree.branchPages && leaf === tree.leafPages && overflow === tree.overflowPages && entries === tree.entries,
      'the tree does not hold what the meta page counts')
  }

  #claim(page: number, pages: number): void {
    must(page >= 2 && page + pages - 1 <= this.#meta.lastPage && page + pages <= this.#pages, `page ${page} lies outside the file`)
    for (let at = page; at < page + pages; at++) {
      must(this.#seen[at] === 0, `page ${at} is used twice`)
      this.#seen[at] = 1
    }
  }

  #page(page: number, levels: number): void {
    this.#claim(page, 1)
    const bytes = this.#read(page)
    must(bytes.readBigUInt64LE(0) === BigInt(page), `page ${page} calls itself otherwise`)
    must(levels >= 1 && levels < 32 && bytes.readUInt16LE(18) === (levels === 1 ? LEAF : BRANCH), `page ${page} is of the wrong kind`)
    const lower = bytes.readUInt16LE(20)
    const upper = bytes.readUInt16LE(22)
    must(lower % 2 === 0 && lower <= upper && upper <= PAGE - HEADER, `page ${page} has odd bounds`)
    for (let node = 0; node < lower / 2; node++) {
      const at = bytes.readUInt16LE(HEADER + node * 2) + HEADER
      must(at >= upper + HEADER && at + 8 <= PAGE, `page ${page} has a node outside itself`)
      if (levels === 1) this.#leafNode(bytes, at)
      else this.#branchNode(bytes, at, { first: node === 0, levels })
    }
    if (levels === 1) this.#counts.leaf++
    else this.#counts.branch++
  }

  #branchNode(bytes: Buffer, at: number, { first, levels }: { first: boolean; levels: number }): void {
    const keyEnd = at + 8 + bytes.readUInt16LE(at + 6)
    must(keyEnd <= PAGE, 'a branch key runs past its page')
    if (!first) this.#ordered(bytes.subarray(at + 8, keyEnd), false)
    this.#page(bytes.readUIntLE(at, 6), levels - 1)
  }

  #leafNode(bytes: Buffer, at: number): void {
    const size = bytes.readUInt32LE(at)
    const flags = bytes.readUInt16LE(at + 4)
    const dataAt = at + 8 + bytes.readUInt16LE(at + 6)
    must(flags === 0 || flags === BIGDATA, 'a node is of an unknown kind')
    must(dataAt + (flags === BIGDATA ? 24 : size) <= PAGE, 'a node runs past its page')
    this.#ordered(bytes.subarray(at + 8, dataAt), true)
    this.#counts.entries++
    const data = flags === BIGDATA ? this.#overflow(bytes, dataAt, size) : bytes.subarray(dataAt, dataAt + size)
    if (this.#isFree) this.#freePages(data ?? Buffer.alloc(0))
  }

  /** Keys ascend; a branch's separator lies after the last key before it and not after the first key behind it. */
  #ordered(key: Buffer, isEntry: boolean): void {
    const last = this.#lastKey
    const order = last === undefined ? -1 : this.#isFree ? compareNumbers(last, key) : last.compare(key)
    must(order < 0 || (order === 0 && this.#separator), 'keys are out of order')
    this.#separator = !isEntry
    this.#lastKey = key
  }
  #separator = false

  #overflow(bytes: Buffer, at: number, size: number): Buffer | undefined {
    const page = Number(bytes.readBigUInt64LE(at))
    const pages = Number(bytes.readBigUInt64LE(at + 16))
    // Longer where LMDB put a shorter value in the place of a longer one.
    must(pages > Math.floor((HEADER - 1 + size) / PAGE) && pages < 2 ** 32, 'an overflow run is shorter than its value')
    this.#claim(page, pages)
    this.#counts.overflow += pages
    this.#runs.push({ page, pages })
    if (!this.#isFree) return undefined
    const data = Buffer.allocUnsafe(size)
    must(readSync(this.#file, data, 0, size, page * PAGE + HEADER) === size, `the file ends before page ${page + pages}`)
    return data
  }

  /** u64 count, then entries: 0 = empty, n > 0 = page n, n < 0 = a run of -n pages that starts at the next entry. */
  #freePages(list: Buffer): void {
    const count = Number(list.readBigUInt64LE(0))
    must((count + 1) * 8 <= list.length, 'a list of free pages runs past its value')
    for (let entry = 1; entry <= count; entry++) {
      const value = Number(list.readBigInt64LE(entry * 8))
      if (value === 0) continue
      const page = value > 0 ? value : Number(list.readBigInt64LE(++entry * 8))
      this.#freeRun(page, value > 0 ? 1 : -value)
    }
  }

  #freeRun(page: number, pages: number): void {
    must(page >= 2 && pages < 2 ** 32 && page + pages - 1 <= this.#meta.lastPage, 'a free page lies outside the file')
    for (let at = page; at < Math.min(page + pages, this.#seen.length); at++) {
      must(this.#seen[at] === 0, `page ${at} is free and used`)
      this.#seen[at] = 1
    }
  }

  /** LMDB frees as many pages as the run's own head says. */
  #checkRuns(): void {
    const until = performance.now() + OVERFLOW_BUDGET_MS
    const head = Buffer.allocUnsafe(HEADER)
    for (const { page, pages } of this.#runs) {
      if (performance.now() > until) return
      must(readSync(this.#file, head, 0, HEADER, page * PAGE) === HEADER, `the file ends before page ${page}`)
      must(head.readBigUInt64LE(0) === BigInt(page) && (head.readUInt16LE(18) & ~0x2000) === OVERFLOW && head.readUInt32LE(20) === pages,
        `the overflow run at page ${page} has a damaged head`)
    }
  }
}

const compareNumbers = (a: Buffer, b: Buffer): number => {
  const difference = a.readBigUInt64LE(0) - b.readBigUInt64LE(0)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
