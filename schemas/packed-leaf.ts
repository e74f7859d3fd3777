/**
 * Leaves of a partition's log as a verifier reads them, one behind the other: ClickHouse's RowBinary of
 *   u64 leaf_index, i64 offset, u32 offset_index (little-endian), 16 bytes event_id, 32 bytes record_hash, text tenant (LEB128 length, UTF-8)
 */
import { HASH_BYTES } from './merkle.ts'

export const ID_BYTES = 16
const TENANT_AT = 8 + 8 + 4 + ID_BYTES + HASH_BYTES
const WORD = 2 ** 32
/** Format of the leaf data. */
const LEAF_FORMAT = 1

export interface PackedLeaf {
  readonly index: number
  readonly offset: number
  readonly offsetIndex: number
  /** 16 bytes. */
  readonly eventId: Buffer
  /** 32 bytes. */
  readonly recordHash: Buffer
  readonly tenant: string
}

/** Data of the leaf of an event: format ‖ event_id ‖ record_hash. `into` is written from its start and given back. */
export function leafData(eventId: Uint8Array, recordHash: Uint8Array, into: Buffer = Buffer.alloc(1 + ID_BYTES + HASH_BYTES)): Buffer {
  into[0] = LEAF_FORMAT
  into.set(eventId, 1)
  into.set(recordHash, 1 + ID_BYTES)
  return into
}

/** Reads one leaf after the other; what it tells is of the one that `next` came to, and shares memory with the bytes. */
export class LeafCursor {
  readonly #bytes: Buffer
  #at = 0
  #start = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Where the leaf begins that is not whole yet; the length of the bytes when all were read. */
  get rest(): number {
    return this.#at
  }

  /** False at the end, and where the leaf there is not whole. */
  next(): boolean {
    const bytes = this.#bytes
    let end = this.#at + TENANT_AT
    let length = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[end++]
      if (byte === undefined) return false
      length += (byte & 127) * scale
      if (byte < 128) break
    }
    if (end + length > bytes.length) return false
    this.#start = this.#at
    this.#at = end + length
    return true
  }

  /** Where the leaf begins in the bytes. */
  get start(): number {
    return this.#start
  }

  /** Where the identity begins in the bytes: event_id and record_hash behind each other. */
  get identityAt(): number {
    return this.#start + 20
  }

  /** Where the name of the tenant begins with its length; it ends where the leaf does. */
  get tenantAt(): number {
    return this.#start + TENANT_AT
  }

  get index(): number {
    return this.#bytes.readUInt32LE(this.#start) + this.#bytes.readUInt32LE(this.#start + 4) * WORD
  }

  get offset(): number {
    return this.#bytes.readUInt32LE(this.#start + 8) + this.#bytes.readInt32LE(this.#start + 12) * WORD
  }

  get offsetIndex(): number {
    return this.#bytes.readUInt32LE(this.#start + 16)
  }

  get eventId(): Buffer {
    return this.#bytes.subarray(this.#start + 20, this.#start + 20 + ID_BYTES)
  }

  get recordHash(): Buffer {
    return this.#bytes.subarray(this.#start + 20 + ID_BYTES, this.#start + TENANT_AT)
  }

  get tenant(): string {
    let at = this.#start + TENANT_AT
    while ((this.#bytes[at++] as number) > 127) {}
    return this.#bytes.toString('utf8', at, this.#at)
  }

  /** The leaf in the stream. Shares its memory. */
  get bytes(): Buffer {
    return this.#bytes.subarray(this.#start, this.#at)
  }
}

export function packLeaf({ index, offset, offsetIndex, eventId, recordHash, tenant }: PackedLeaf): Buffer {
  const head = Buffer.alloc(20)
  head.writeBigUInt64LE(BigInt(index))
  head.writeBigInt64LE(BigInt(offset), 8)
  head.writeUInt32LE(offsetIndex, 16)
  const name = Buffer.from(tenant)
  const length: number[] = []
  let rest = name.length
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128)
  return Buffer.concat([head, eventId, recordHash, Buffer.from([...length, rest]), name])
}
