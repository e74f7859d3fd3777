/** The search tree of an MMDB file, walked to see whether the file is whole (https://maxmind.github.io/MaxMind-DB/). */
import type { Reader, Response } from 'mmdb-lib'

type Metadata = Reader<Response>['metadata']

const NODES_LOOKED_AT = 20_000
const RECORDS_FOUND = 500
const SEPARATOR_BYTES = 16

/** Left and right record of a node. */
function recordsOf(file: Buffer, node: number, { recordSize, nodeByteSize }: Metadata): readonly [number, number] {
  const at = node * nodeByteSize
  if (recordSize === 24) return [file.readUIntBE(at, 3), file.readUIntBE(at + 3, 3)]
  if (recordSize === 32) return [file.readUInt32BE(at), file.readUInt32BE(at + 4)]
  const middle = file.readUInt8(at + 3)
  return [((middle & 0xf0) << 20) | file.readUIntBE(at, 3), ((middle & 0x0f) << 24) | file.readUIntBE(at + 4, 3)]
}

function addressOf(bits: string, version: number): string {
  const groups: string[] = []
  if (version === 4) {
    for (let at = 0; at < 32; at += 8) groups.push(String(Number.parseInt(bits.slice(at, at + 8).padEnd(8, '0'), 2)))
    return groups.join('.')
  }
  for (let at = 0; at < 128; at += 16) groups.push(Number.parseInt(bits.slice(at, at + 16).padEnd(16, '0'), 2).toString(16))
  return groups.join(':')
}

class BrokenTree extends Error {}

/** Whether tree and separator lie within the file. */
function checkFrame(file: Buffer, { searchTreeSize, nodeCount, recordSize }: Metadata): void {
  if (![24, 28, 32].includes(recordSize) || nodeCount < 1) throw new BrokenTree('its tree cannot be')
  if (searchTreeSize + SEPARATOR_BYTES > file.length) throw new BrokenTree('its tree runs past its end')
  if (file.subarray(searchTreeSize, searchTreeSize + SEPARATOR_BYTES).some((byte) => byte !== 0)) throw new BrokenTree('its tree does not end where it says')
}

/**
 * Addresses of up to 500 networks that have records, from the first 20,000 nodes of the tree. Throws BrokenTree where a node leads out of the file or in
 * a ring.
 */
export function networksIn(file: Buffer, metadata: Metadata): readonly string[] {
  checkFrame(file, metadata)
  const { nodeCount, searchTreeSize, ipVersion, treeDepth } = metadata
  const found: string[] = []
  const open: { readonly node: number; readonly bits: string }[] = [{ node: 0, bits: '' }]
  for (let left = NODES_LOOKED_AT; left > 0 && found.length < RECORDS_FOUND; left--) {
    const next = open.pop()
    if (next === undefined) break
    recordsOf(file, next.node, metadata).forEach((record, side) => {
      const bits = `${next.bits}${side}`
      if (record === nodeCount) return
      if (bits.length > treeDepth) throw new BrokenTree('its tree goes in a ring')
      if (record < nodeCount) open.push({ node: record, bits })
      else if (record - nodeCount + searchTreeSize >= file.length) throw new BrokenTree('its tree leads past its end')
      else found.push(addressOf(bits, ipVersion))
    })
  }
  return found
}
