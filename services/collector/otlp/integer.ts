/** 64-bit integers as the model holds them: a plain number where that is exact, else a bigint. */
export function integer(value: bigint): number | bigint {
  const plain = Number(value)
  return Number.isSafeInteger(plain) ? plain : value
}
