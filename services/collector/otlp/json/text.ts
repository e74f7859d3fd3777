/**
 * From JSON text to a tree that is safe to walk: nesting is counted before anything recursive sees it, and integers too long for a
 * double are kept as strings, which OTLP allows for them anyway.
 */
import { undecodable } from '../budget.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
/** Fewer digits than this are exact in a double. */
const EXACT_DIGITS = 15

/**
 * `depth`: most arrays and objects one inside another. Invalid UTF-8 becomes U+FFFD. Throws Failure `rejected`.
 */
export function parseJson(bytes: Buffer, depth: number): unknown {
  const long = scan(bytes, depth)
  try {
    return JSON.parse(long.length === 0 ? bytes.toString('utf8') : quoted(bytes, long))
  } catch (cause) {
    // The engine's own message holds a piece of the body, which nobody needs in a log.
    throw undecodable('The body is not JSON', cause instanceof SyntaxError ? undefined : cause)
  }
}

/** Arrays, objects and what they hold: 64 MiB of real OTLP/JSON have about 5 million. Without it a body of `[],[],…` takes gigabytes. */
const MAX_NODES = 8_000_000

/** One pass over the bytes, in constant memory but for the answer: start and end of each integer that a double cannot hold for sure. */
function scan(bytes: Buffer, depth: number): readonly number[] {
  const long: number[] = []
  let open = 0
  let nodes = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === QUOTE) at = endOfString(bytes, at)
    else if (byte === 0x2c) nodes++
    else if (byte === 0x7b || byte === 0x5b) {
      nodes++
      if (++open > depth) throw undecodable(`The body is nested deeper than ${depth} levels (byte ${at})`)
    } else if (byte === 0x7d || byte === 0x5d) open--
    else if (byte >= 0x30 && byte <= 0x39) {
      const end = endOfNumber(bytes, at)
      if (end - at > EXACT_DIGITS && isInteger(bytes, at, end)) long.push(bytes[at - 1] === 0x2d ? at - 1 : at, end)
      at = end - 1
    }
  }
  if (nodes > MAX_NODES) throw undecodable(`The body holds more than ${MAX_NODES} JSON values`)
  return long
}

/** Place of the closing quote, or the end of the body: then JSON.parse says what is wrong. */
function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at
}

/** A number's characters after its sign: digits, `.`, `e`, `E`, `+`, `-`. */
function endOfNumber(bytes: Buffer, start: number): number {
  let at = start
  while (at < bytes.length) {
    const byte = bytes[at]!
    const digit = byte >= 0x30 && byte <= 0x39
    if (!digit && byte !== 0x2e && byte !== 0x65 && byte !== 0x45 && byte !== 0x2b && byte !== 0x2d) break
    at++
  }
  return at
}

function isInteger(bytes: Buffer, start: number, end: number): boolean {
  if (bytes[start] === 0x30) return false
  for (let at = start; at < end; at++) if (bytes[at]! < 0x30 || bytes[at]! > 0x39) return false
  return true
}

function quoted(bytes: Buffer, long: readonly number[]): string {
  const pieces: string[] = []
  let at = 0
  for (let index = 0; index < long.length; index += 2) {
    pieces.push(bytes.toString('utf8', at, long[index]), '"', bytes.toString('utf8', long[index], long[index + 1]), '"')
    at = long[index + 1]!
  }
  pieces.push(bytes.toString('utf8', at))
  return pieces.join('')
}
