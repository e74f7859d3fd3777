/** Chance from a seed: the same seed and name give the same throws, whatever else was thrown, so that one person's days do not depend on another's. */

/** FNV-1a, 32 bits. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

const HEX = '0123456789abcdef'

export class Dice {
  readonly #name: string
  #state: number

  constructor(name: string) {
    this.#name = name
    this.#state = seedOf(name)
    for (let warm = 0; warm < 4; warm++) this.next()
  }

  /** Dice of their own for a part of what these are for. */
  for(part: string | number): Dice {
    return new Dice(`${this.#name}/${part}`)
  }

  /** Uniform in [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  between(from: number, to: number): number {
    return from + this.next() * (to - from)
  }

  /** Whole number, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError(`nothing to pick from in ${this.#name}`)
    return list[Math.floor(this.next() * list.length)] as T
  }

  /** `count` different ones, or all. */
  sample<T>(list: readonly T[], count: number): T[] {
    const rest = [...list]
    const out: T[] = []
    while (out.length < count && rest.length > 0) out.push(...rest.splice(Math.floor(this.next() * rest.length), 1))
    return out
  }

  /** One key of `weights` (any scale). */
  weighted<K extends string>(weights: Readonly<Partial<Record<K, number>>>): K {
    const entries = Object.entries(weights) as [K, number][]
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [key, weight] of entries) if ((left -= weight) < 0) return key
    return (entries.at(-1) as [K, number])[0]
  }

  /** Standard normal (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
  }

  /** Log-normal around `median`. */
  around(median: number, spread = 0.5): number {
    return median * Math.exp(this.normal() * spread)
  }

  /** Poisson by Knuth's product of uniform numbers; for small means. */
  count(mean: number): number {
    const limit = Math.exp(-mean)
    let product = this.next()
    let events = 0
    for (; product > limit && events < 1_000; events++) product *= this.next()
    return events
  }

  hex(digits: number): string {
    let text = ''
    for (let at = 0; at < digits; at++) text += HEX[Math.floor(this.next() * 16)]
    return text
  }

  /** Letters and digits, as in tokens. */
  token(length: number): string {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
    return Array.from({ length }, () => letters[Math.floor(this.next() * letters.length)]).join('')
  }
}
