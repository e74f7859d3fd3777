/** Memory that is used again: what lies outside V8's heap is only given back by collections, and some tens of MiB of it start one however small the heap is. */

const LEAST_BYTES = 16 * 1024
/** All that is kept: requests, answers and messages are at most some MiB, and there are few at a time. */
const MOST_KEPT_BYTES = 16 * 1024 * 1024

const rounded = (bytes: number): number => Math.max(LEAST_BYTES, Math.ceil(bytes / LEAST_BYTES) * LEAST_BYTES)

export class SpareMemory {
  /** Oldest first. */
  readonly #spare: Buffer[] = []
  #bytes = 0

  /** At least so many bytes, and not more than twice as many. */
  take(bytes: number): Buffer {
    const size = rounded(bytes)
    const at = this.#spare.findLastIndex(({ length }) => length >= size && length <= 2 * size)
    const [spare] = at === -1 ? [] : this.#spare.splice(at, 1)
    this.#bytes -= spare?.length ?? 0
    return spare ?? Buffer.allocUnsafeSlow(size)
  }

  /** Nobody looks at it any more. What was not used for longest makes room for it. */
  give(buffer: Buffer): void {
    this.#spare.push(buffer)
    this.#bytes += buffer.length
    while (this.#bytes > MOST_KEPT_BYTES) this.#bytes -= (this.#spare.shift() as Buffer).length
  }
}

const lent = new SpareMemory()
/** Memory by what stands in it, and by what was read from that. */
const places = new WeakMap<object, Buffer>()

/** So many bytes, of which `giveBack` says that they may be used again; of those for which nobody does a collection takes care. */
export function lend(bytes: number): Buffer {
  if (bytes < LEAST_BYTES) return Buffer.allocUnsafe(bytes)
  const place = lent.take(bytes)
  const part = place.subarray(0, bytes)
  places.set(part, place)
  return part
}

/** `read` was read from `from`, and refers to its bytes. */
export function standsWhere(from: object, read: object): void {
  const place = places.get(from)
  if (place !== undefined) places.set(read, place)
}

/** Nobody looks any more at the bytes that these are, or refer to. */
export function giveBack(used: object): void {
  const place = places.get(used)
  if (place === undefined) return
  places.delete(used)
  lent.give(place)
}
