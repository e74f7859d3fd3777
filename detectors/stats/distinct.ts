/**
 * Counts distinct texts in bounded space: keeps the K smallest of their 32-bit hashes, exact below K, else estimated from how
 * densely the smallest lie (standard error 1/√(K−2), 13 % at 64). Source: Bar-Yossef et al. 2002, "Counting distinct elements in a data stream".
 */
const K = 64
const HASHES = 2 ** 32

/** Smallest hashes in ascending order: plain JSON. */
export type Distinct = number[]

/** `hash`: that of the text, by `hash32`. */
export function addDistinct(smallest: Distinct, hash: number): void {
  const last = smallest.length - 1
  if (last === K - 1 && hash >= (smallest[last] as number)) return
  let at = smallest.length
  while (at > 0 && (smallest[at - 1] as number) > hash) at--
  if (at > 0 && smallest[at - 1] === hash) return
  smallest.splice(at, 0, hash)
  if (smallest.length > K) smallest.pop()
}

export function countDistinct(smallest: readonly number[]): number {
  return smallest.length < K ? smallest.length : Math.round(((K - 1) * HASHES) / (smallest[K - 1] as number))
}

/** FNV-1a over UTF-16 units with the finaliser of MurmurHash3, so that low and high bits are equally good. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
