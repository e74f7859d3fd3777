/**
 * The partition of a key: FNV-1a over its UTF-16 code units, both bytes of each, then the finaliser of MurmurHash3 so that the low bits are mixed.
 * (Fowler, Noll, Vo: offset basis 2166136261, prime 16777619. Appleby: fmix32.) Stable for ever: it is where records lie.
 */
export function partitionOf(key: string, partitions: number): number {
  if (partitions === 1) return 0
  let hash = 0x811c_9dc5
  for (let at = 0; at < key.length; at++) {
    const unit = key.charCodeAt(at)
    hash = Math.imul(hash ^ (unit & 255), 0x0100_0193)
    hash = Math.imul(hash ^ (unit >>> 8), 0x0100_0193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % partitions
}
