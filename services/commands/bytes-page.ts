/** Bytes of unknown origin as lines that a terminal can show: text with everything unprintable escaped, else hex. */
import { printable } from '../demo/printable.ts'

const A_LINE = 16
const isText = (bytes: Buffer): boolean => !bytes.includes(0) && Buffer.from(bytes.toString('utf8')).equals(bytes)

function hexLine(bytes: Buffer, at: number): string {
  const part = bytes.subarray(at, at + A_LINE)
  const hex = [...part].map((byte) => byte.toString(16).padStart(2, '0'))
  const ascii = [...part].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
  return `${at.toString(16).padStart(8, '0')}  ${hex.slice(0, 8).join(' ').padEnd(23)}  ${hex.slice(8).join(' ').padEnd(23)}  ${ascii}`
}

/** At most `most` bytes. Lines of hex have 78 characters: offset, 16 bytes, and those of them that are ASCII. */
export function bytesPage(bytes: Buffer, most: number): string[] {
  const part = bytes.subarray(0, most)
  const lines = isText(part)
    ? printable(part.toString('utf8')).split('\n')
    : Array.from({ length: Math.ceil(part.length / A_LINE) }, (_, i) => hexLine(part, i * A_LINE))
  return bytes.length > most ? [...lines, `… ${bytes.length - most} more bytes: --json has all of them as base64`] : lines
}
