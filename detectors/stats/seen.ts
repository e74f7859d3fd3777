/**
 * A growing Bloom filter: says for certain that a key was never added, and rarely (about 1 in 175,000 a layer) that it may have been when it was not.
 * Whoever gets a maybe asks the store. Layers double in size, so memory is 4 bytes a key; with 2 the layers of a million
 * keys were wrong about 1 in 430 together, and every batch of events had some to ask for. Source: Bloom 1970; scalable form after
 * Almeida et al. 2007; two hashes for k as in Kirsch and Mitzenmacher 2006.
 */
const BITS_PER_KEY = 32
const PROBES = 8
const FIRST_CAPACITY = 1 << 16

interface Layer {
  readonly bits: Uint8Array
  readonly capacity: number
  count: number
}

export interface Seen {
  readonly layers: Layer[]
}

const layerOf = (capacity: number): Layer => ({ bits: new Uint8Array((capacity * BITS_PER_KEY) >>> 3), capacity, count: 0 })

export const nothingSeen = (): Seen => ({ layers: [layerOf(FIRST_CAPACITY)] })

/** Two 32-bit FNV-1a hashes with different starts; the second is made odd so that its multiples reach every bit. */
function hashes(key: string): readonly [number, number] {
  let one = 0x811c9dc5
  let two = 0x9747b28c
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i)
    one = Math.imul(one ^ code, 0x01000193)
    two = Math.imul(two ^ code, 0x85ebca6b)
    two ^= two >>> 13
  }
  return [(one ^ (one >>> 15)) >>> 0, (two | 1) >>> 0]
}

export function addSeen(seen: Seen, key: string): void {
  let layer = seen.layers.at(-1) as Layer
  if (layer.count >= layer.capacity) {
    layer = layerOf(layer.capacity * 2)
    seen.layers.push(layer)
  }
  layer.count++
  const [one, two] = hashes(key)
  const mask = layer.bits.length * 8 - 1
  for (let i = 0; i < PROBES; i++) {
    const bit = (one + Math.imul(i, two)) & mask
    layer.bits[bit >>> 3] = (layer.bits[bit >>> 3] as number) | (1 << (bit & 7))
  }
}

/** False: certainly never added. */
export function maybeSeen(seen: Seen, key: string): boolean {
  const [one, two] = hashes(key)
  return seen.layers.some(({ bits }) => {
    const mask = bits.length * 8 - 1
    for (let i = 0; i < PROBES; i++) {
      const bit = (one + Math.imul(i, two)) & mask
      if (((bits[bit >>> 3] as number) & (1 << (bit & 7))) === 0) return false
    }
    return true
  })
}
