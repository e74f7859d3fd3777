/** Memory that is used again: what lies outside V8's heap is only given back by collections, and 64 MiB of it start one however small the heap is. */

const LEAST_BYTES = 64 * 1024
/** All that is kept: a request or an answer is at most about 8 MiB, and there are few at a time. */
const MOST_KEPT_BYTES = 16 * 1024 * 1024

export class SpareMemory {
  #spare: Buffer[] = []
  #bytes = 0

  /** At least so many bytes. What is too small is let go for it, so that what is kept is as large as what is asked for. */
  take(bytes: number): Buffer {
    for (let spare = this.#spare.pop(); spare !== undefined; spare = this.#spare.pop()) {
      this.#bytes -= spare.length
      if (spare.length >= bytes) return spare
    }
    // Of what is never kept no more than that.
    return Buffer.allocUnsafeSlow(bytes > MOST_KEPT_BYTES ? bytes : 2 ** Math.ceil(Math.log2(Math.max(bytes, LEAST_BYTES))))
  }

  /** Nobody looks at it any more. */
  give(buffer: Buffer): void {
    if (this.#bytes + buffer.length > MOST_KEPT_BYTES) return
    this.#spare.push(buffer)
    this.#bytes += buffer.length
  }
}
