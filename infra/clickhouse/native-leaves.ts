/** Leaves to one Native block: hex digits become bytes in loops that make no strings and no objects. */
import { HASH_DIGITS } from '../../schemas/canonical.ts'
import { Failure } from '../../schemas/failure.ts'
import type { LeafRun, StoredLeaf } from '../../schemas/ports.ts'
import { ByteWriter } from './byte-writer.ts'
import { type Column, wireType } from './column-type.ts'

const LEAF_COLUMNS = 'partition leaf_index offset offset_index event_id tenant record_hash'
const ID_BYTES = 16
const HASH_BYTES = HASH_DIGITS / 2

/** Character code → value of a hex digit; 255 for what is none. */
const DIGITS = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = /[0-9a-f]/.test(String.fromCharCode(code)) ? Number.parseInt(String.fromCharCode(code), 16) : 255
  return value
})

const misfit = (): Failure => new Failure('rejected', 'store.leaf', 'the id or the hash of an event is not in lower-case hex digits')

function idColumn(leaves: readonly StoredLeaf[]): Buffer {
  const out = Buffer.allocUnsafeSlow(leaves.length * ID_BYTES)
  let to = 0
  for (const { head: { event_id: id } } of leaves) {
    if (id.length !== 2 * ID_BYTES) throw misfit()
    for (let at = 0; at < id.length; at += 2) {
      const high = DIGITS[id.charCodeAt(at)] ?? 255
      const low = DIGITS[id.charCodeAt(at + 1)] ?? 255
      if (high > 15 || low > 15) throw misfit()
      out[to++] = high * 16 + low
    }
  }
  return out
}

/** The record hash stands behind the content hash. */
function hashColumn(leaves: readonly StoredLeaf[]): Buffer {
  const out = Buffer.allocUnsafeSlow(leaves.length * HASH_BYTES)
  let to = 0
  for (const { hashes, hashesAt } of leaves) {
    const from = hashesAt + HASH_DIGITS
    for (let at = from; at < from + HASH_DIGITS; at += 2) {
      const high = DIGITS[hashes[at] ?? 0] as number
      const low = DIGITS[hashes[at + 1] ?? 0] as number
      if (high > 15 || low > 15) throw misfit()
      out[to++] = high * 16 + low
    }
  }
  return out
}

function placeColumns(runs: readonly LeafRun[], length: number): readonly ByteWriter[] {
  const partition = new ByteWriter(length * 4)
  const index = new ByteWriter(length * 8)
  const offset = new ByteWriter(length * 8)
  const offsetIndex = new ByteWriter(length * 4)
  for (const { first, leaves } of runs) {
    for (const [at, leaf] of leaves.entries()) {
      partition.small(leaf.partition, 4)
      index.count(first + at)
      offset.count(leaf.offset)
      offsetIndex.small(leaf.offsetIndex, 4)
    }
  }
  return [partition, index, offset, offsetIndex]
}

/** One block of `event_leaf_versions`, in parts in order. Throws Failure `rejected` (`store.leaf`), or `defect` when `columns` are other ones. */
export function encodeLeaves(columns: readonly Column[], runs: readonly LeafRun[]): readonly Uint8Array[] {
  if (columns.map(({ name }) => name).join(' ') !== LEAF_COLUMNS) throw new Failure('defect', 'store.columns', 'event_leaf_versions has other columns than its leaves')
  const leaves = runs.flatMap((run) => run.leaves)
  const tenants = new ByteWriter(leaves.length * 16)
  for (const { head: { tenant } } of leaves) tenants.text(tenant)
  const values = [...placeColumns(runs, leaves.length).map((column) => column.bytes()), idColumn(leaves), tenants.bytes(), hashColumn(leaves)]
  const start = new ByteWriter(16)
  start.varint(columns.length)
  start.varint(leaves.length)
  return [start.bytes(), ...columns.flatMap(({ name, type }, at) => {
    const head = new ByteWriter(64)
    head.text(name)
    head.text(wireType(type))
    return [head.bytes(), values[at] as Uint8Array]
  })]
}
