/**
 * Gathers a log from the raw pages of a file whose tree is broken. Every frame names its key and carries its own checksum, so whatever is
 * whole is found wherever it lies: also what the tree had already let go, which the bounds of its topic then sort out.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { claimedLength, decodeFrame, encodeFrame, type Frame, FRAME_HEADER, FRAME_MAGIC } from './frame.ts'
import { LAST_KEY, type LogKey, parseKey, stateKey } from './keys.ts'
import type { LmdbStore } from './lmdb-store.ts'
import { decodeBounds, decodeLast, encodeBounds, encodeLast, type TopicBounds } from './records.ts'
import { lastTransaction, leafTransaction } from './tree-check.ts'

const WINDOW = 8 * 1024 * 1024
const BATCH = 16 * 1024 * 1024
/** No envelope is longer: the collector's largest body is 64 MiB. */
const LONGEST = 256 * 1024 * 1024
/** A hole of this many offsets or more stands for an unknown number of envelopes: no partition is ever that long. */
export const UNKNOWN_END = 2 ** 40

interface Found {
  readonly key: Buffer
  readonly serial: number
  readonly at: number
  readonly length: number
}
/** Youngest frame of each key (as latin1 text). */
type Finds = Map<string, Found>

/**
 * Copies every frame that counts from the data file at `from` into the empty store. Where it is not certain that the end of a topic was
 * found, its partitions go on far behind it, at `base` or later: no offset may ever name two envelopes. Returns how many frames were kept.
 */
export async function salvage(from: string, store: LmdbStore, base: number): Promise<number> {
  const file = openSync(from, 'r')
  try {
    const finds = scan(file)
    const bounds = boundsOf(file, finds)
    const kept = [...finds.values()].filter(({ key }) => bounds.get(parseKey(key)!.topic)?.holds(parseKey(key)!))
    await copy(file, kept, store)
    const serial = newestSerial(finds)
    const last = lastSerials(file, finds)
    const put = (key: Buffer, payload: Buffer) => ({ key, value: encodeFrame({ serial, key, payload }) })
    const puts = [...bounds].map(([topic, made]) => {
      const certain = made.serial > 0 && last.get(topic) === made.serial
      return put(stateKey(topic), encodeBounds(made.made(base, certain)))
    })
    const marker = put(LAST_KEY, encodeLast(new Map([...bounds.keys()].map((topic) => [topic, serial]))))
    await store.write({ puts: [...puts, marker], removes: [] })
    return kept.length
  } finally {
    closeSync(file)
  }
}

/** What the last transaction of the file says of the topics; empty unless it is certain that it is the last. */
function lastSerials(file: number, finds: Finds): ReadonlyMap<string, number> {
  const found = finds.get(LAST_KEY.toString('latin1'))
  if (found === undefined || leafTransaction(file, found.at) < lastTransaction(file)) return new Map()
  return decodeLast(decodeFrame(readAt(file, found.at, found.length))!.payload) ?? new Map()
}

function newestSerial(finds: Finds): number {
  let newest = 0
  for (const { serial } of finds.values()) newest = Math.max(newest, serial)
  return newest
}

function readAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  return bytes.subarray(0, readSync(file, bytes, 0, length, at))
}

function scan(file: number): Finds {
  const finds: Finds = new Map()
  const size = fstatSync(file).size
  for (let start = 0; start < size; start += WINDOW) {
    // A window overlaps the next by a header, so that none is cut; a frame that runs on is read by itself.
    const window = readAt(file, start, WINDOW + FRAME_HEADER)
    for (let at = window.indexOf(FRAME_MAGIC); at >= 0 && at < WINDOW; at = window.indexOf(FRAME_MAGIC, at + 1)) {
      const length = claimedLength(window, at)
      if (length === undefined || start + at + length > size || length > LONGEST) continue
      const inside = at + length <= window.length
      note(finds, inside ? decodeFrame(window, at) : decodeFrame(readAt(file, start + at, length)), start + at, length)
    }
  }
  return finds
}

function note(finds: Finds, frame: Frame | undefined, at: number, length: number): void {
  if (frame === undefined || parseKey(frame.key) === undefined) return
  const name = frame.key.toString('latin1')
  const known = finds.get(name)
  if (known === undefined || known.serial < frame.serial) finds.set(name, { key: Buffer.from(frame.key), serial: frame.serial, at, length })
}

/** Bounds of a topic while they are put together. */
class Bounds {
  /** 0 = no record of the bounds survived. */
  serial = 0
  firstGroup = Infinity
  nextGroup = 0
  readonly partitions = new Map<number, { first: number; next: number }>()

  /** The youngest surviving record of the bounds. */
  start(serial: number, bounds: TopicBounds): void {
    this.serial = serial
    this.firstGroup = bounds.firstGroup
    this.nextGroup = bounds.nextGroup
    bounds.partitions.forEach((partition, at) => this.partitions.set(at, { ...partition }))
  }

  /** Something found that is younger than the record. */
  widen(key: LogKey): void {
    if (key.kind === 'group') {
      this.firstGroup = this.serial > 0 ? this.firstGroup : Math.min(this.firstGroup, key.number)
      this.nextGroup = Math.max(this.nextGroup, key.number + 1)
    } else if (key.kind === 'envelope') {
      const known = this.partitions.get(key.partition) ?? { first: key.offset, next: key.offset }
      const first = this.serial > 0 ? known.first : Math.min(known.first, key.offset)
      this.partitions.set(key.partition, { first, next: Math.max(known.next, key.offset + 1) })
    }
  }

  /** Unless `certain`, an unknown number of envelopes is missing at the end of each partition. */
  made(base: number, certain: boolean): TopicBounds {
    const count = Math.max(1, ...[...this.partitions.keys()].map((partition) => partition + 1))
    const partitions = Array.from({ length: count }, (_, at) => {
      const { first, next } = this.partitions.get(at) ?? { first: base, next: base }
      return { first, next: certain ? next : Math.max(base, next + UNKNOWN_END) }
    })
    return { firstGroup: Math.min(this.firstGroup, this.nextGroup), nextGroup: this.nextGroup, partitions }
  }

  holds(key: LogKey): boolean {
    if (key.kind === 'group') return key.number >= this.firstGroup && key.number < this.nextGroup
    if (key.kind !== 'envelope') return key.kind === 'commits'
    const partition = this.partitions.get(key.partition)
    return partition !== undefined && key.offset >= partition.first && key.offset < partition.next
  }
}

function boundsOf(file: number, finds: Finds): Map<string, Bounds> {
  const all = new Map<string, Bounds>()
  for (const found of finds.values()) {
    const key = parseKey(found.key)!
    if (key.kind === 'last') continue
    if (!all.has(key.topic)) all.set(key.topic, new Bounds())
    const bounds = key.kind === 'state' && decodeBounds(decodeFrame(readAt(file, found.at, found.length))!.payload)
    if (bounds) all.get(key.topic)!.start(found.serial, bounds)
  }
  for (const found of finds.values()) {
    const key = parseKey(found.key)!
    const bounds = all.get(key.topic)
    if (bounds !== undefined && found.serial > bounds.serial) bounds.widen(key)
  }
  return all
}

async function copy(file: number, kept: readonly Found[], store: LmdbStore): Promise<void> {
  let puts: { key: Buffer; value: Buffer }[] = []
  let size = 0
  for (const { key, at, length } of kept) {
    puts.push({ key, value: readAt(file, at, length) })
    size += length
    if (size < BATCH) continue
    await store.write({ puts, removes: [] })
    puts = []
    size = 0
  }
  await store.write({ puts, removes: [] })
}
