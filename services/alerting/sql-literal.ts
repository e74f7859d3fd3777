/** A ClickHouse string literal of any text, for queries that we print for people: what an attacker wrote stays a value. */
export const sqlLiteral = (text: string): string =>
  `'${text.replace(/[\\'\u0000-\u001f\u007f]/g, (character) => (character === '\\' || character === "'" ? `\\${character}` : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`))}'`

/** Nanoseconds as a DateTime64(9) in UTC. */
export const sqlTime = (nanos: bigint): string => `fromUnixTimestamp64Nano(${nanos}, 'UTC')`
