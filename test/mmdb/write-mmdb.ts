/** Writes MMDB files for tests, by the format's specification (https://maxmind.github.io/MaxMind-DB/). */
import ipaddr from 'ipaddr.js'

export type MmdbValue = string | number | boolean | { readonly [key: string]: MmdbValue } | readonly MmdbValue[]

export interface MmdbContent {
  readonly type: string
  /** Network such as `203.0.113.0/24` → record. IPv4 networks of a tree for IPv6 stand below ::/96. */
  readonly networks: Readonly<Record<string, MmdbValue>>
  readonly ipVersion?: 4 | 6
  readonly recordSize?: 24 | 28 | 32
  readonly builtAt?: Date
}

const [STRING, MAP, UINT32, UINT64, BOOLEAN, ARRAY] = [2, 7, 6, 9, 14, 11] as const

function control(type: number, size: number): Buffer {
  const first = type > 7 ? 0 : type << 5
  const extended = type > 7 ? [type - 7] : []
  if (size < 29) return Buffer.from([first | size, ...extended])
  if (size < 285) return Buffer.from([first | 29, ...extended, size - 29])
  return Buffer.from([first | 30, ...extended, (size - 285) >> 8, (size - 285) & 255])
}

function unsigned(type: number, value: number): Buffer {
  const hex = value === 0 ? '' : value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([control(type, bytes.length), bytes])
}

function encoded(value: MmdbValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(STRING, Buffer.byteLength(value)), Buffer.from(value)])
  if (typeof value === 'boolean') return control(BOOLEAN, value ? 1 : 0)
  if (typeof value === 'number') return unsigned(value > 0xffff_ffff ? UINT64 : UINT32, value)
  if (Array.isArray(value)) return Buffer.concat([control(ARRAY, value.length), ...(value as readonly MmdbValue[]).map(encoded)])
  const entries = Object.entries(value as Readonly<Record<string, MmdbValue>>)
  return Buffer.concat([control(MAP, entries.length), ...entries.flatMap(([key, each]) => [encoded(key), encoded(each)])])
}

interface Node {
  readonly records: [Node | number | undefined, Node | number | undefined]
}
const newNode = (): Node => ({ records: [undefined, undefined] })

/** The bits of a network in a tree of this version. */
function bitsOf(network: string, ipVersion: 4 | 6): string {
  const [address, prefix] = ipaddr.parseCIDR(network)
  const bits = address.toByteArray().map((byte) => byte.toString(2).padStart(8, '0')).join('').slice(0, prefix)
  return address.kind() === 'ipv4' && ipVersion === 6 ? '0'.repeat(96) + bits : bits
}

function insert(root: Node, bits: string, data: number): void {
  let at = root
  for (const bit of bits.slice(0, -1)) {
    const side = bit === '1' ? 1 : 0
    const next = at.records[side]
    at = typeof next === 'object' ? next : (at.records[side] = newNode())
  }
  at.records[bits.endsWith('1') ? 1 : 0] = data
}

function nodesOf(root: Node): readonly Node[] {
  const nodes = [root]
  for (const { records } of nodes) for (const record of records) if (typeof record === 'object') nodes.push(record)
  return nodes
}

function packed(left: number, right: number, recordSize: 24 | 28 | 32): Buffer {
  const out = Buffer.alloc(recordSize / 4)
  if (recordSize === 32) {
    out.writeUInt32BE(left, 0)
    out.writeUInt32BE(right, 4)
    return out
  }
  out.writeUIntBE(left & 0xff_ffff, 0, 3)
  out.writeUIntBE(right & 0xff_ffff, recordSize === 28 ? 4 : 3, 3)
  if (recordSize === 28) out.writeUInt8(((left >>> 24) << 4) | (right >>> 24), 3)
  return out
}

/** The whole file. */
export function writeMmdb({ type, networks, ipVersion = 6, recordSize = 24, builtAt = new Date('2026-11-01T00:00:00Z') }: MmdbContent): Buffer {
  const root = newNode()
  const data: Buffer[] = []
  let size = 0
  for (const [network, value] of Object.entries(networks)) {
    insert(root, bitsOf(network, ipVersion), size)
    const bytes = encoded(value)
    data.push(bytes)
    size += bytes.length
  }
  const nodes = nodesOf(root)
  const numbers = new Map(nodes.map((node, number) => [node, number]))
  const numberOf = (record: Node | number | undefined): number => {
    if (record === undefined) return nodes.length
    return typeof record === 'number' ? nodes.length + 16 + record : (numbers.get(record) as number)
  }
  const tree = nodes.map(({ records: [left, right] }) => packed(numberOf(left), numberOf(right), recordSize))
  const metadata = encoded({
    binary_format_major_version: 2, binary_format_minor_version: 0, build_epoch: Math.floor(builtAt.getTime() / 1_000), database_type: type,
    description: { en: 'made for a test' }, ip_version: ipVersion, languages: ['en'], node_count: nodes.length, record_size: recordSize,
  })
  return Buffer.concat([...tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata])
}
