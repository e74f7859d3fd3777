/** Drawn things from a seed, so that a failure can be played again. */

export interface Dice {
  /** 0 ≤ whole number < `sides`. */
  roll(sides: number): number
  drawn(alphabet: string, length: number): string
}

/** A linear congruential generator (Knuth, MMIX) of 64 bits, of which the upper half is used. */
export function diceOf(seed: number): Dice {
  let state = BigInt(seed)
  const roll = (sides: number): number => {
    state = BigInt.asUintN(64, state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n)
    return Number((state >> 33n) % BigInt(sides))
  }
  return { roll, drawn: (alphabet, length) => Array.from({ length }, () => alphabet[roll(alphabet.length)]).join('') }
}
