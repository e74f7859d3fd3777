/** A growing buffer with the little-endian primitives of ClickHouse's Native format. */
export class ByteWriter {
  buffer: Buffer
  length = 0

  constructor(capacity: number) {
    this.buffer = Buffer.allocUnsafe(Math.max(64, capacity))
  }

  /** Makes room for `bytes` more. */
  reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes))
    this.buffer.copy(grown, 0, 0, this.length)
    this.buffer = grown
  }

  varint(value: number): void {
    this.reserve(8)
    let rest = value
    while (rest > 127) {
      this.buffer[this.length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.buffer[this.length++] = rest
  }

  text(value: string): void {
    const bytes = Buffer.byteLength(value)
    this.varint(bytes)
    this.reserve(bytes)
    this.length += this.buffer.write(value, this.length)
  }

  /** Integers of 1, 2 or 4 bytes. */
  small(value: number, bytes: 1 | 2 | 4): void {
    this.reserve(bytes)
    this.buffer[this.length] = value
    if (bytes > 1) this.buffer[this.length + 1] = value >>> 8
    if (bytes > 2) {
      this.buffer[this.length + 2] = value >>> 16
      this.buffer[this.length + 3] = value >>> 24
    }
    this.length += bytes
  }

  int64(value: bigint): void {
    this.reserve(8)
    this.length = this.buffer.writeBigInt64LE(BigInt.asIntN(64, value), this.length)
  }

  /** A whole number below 2^53 as 64 bits, without making a bigint. */
  count(value: number): void {
    this.small(value % 4_294_967_296, 4)
    this.small(Math.floor(value / 4_294_967_296), 4)
  }

  float64(value: number): void {
    this.reserve(8)
    this.length = this.buffer.writeDoubleLE(value, this.length)
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.length)
  }
}
