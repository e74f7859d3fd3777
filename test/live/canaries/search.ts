/** Finds planted texts in bytes, as they are and encoded, in one pass over the bytes whatever their number. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface Needle {
  readonly name: string
  readonly bytes: Buffer
}

const ANY_ALIGNMENT = [0, 1, 2]

/** Base64 of the text wherever it starts in what was encoded: without the characters that hold bits of its neighbours. */
const base64Forms = (text: string): string[] => ANY_ALIGNMENT.map((offset) => {
  const encoded = Buffer.from(`${'\0'.repeat(offset)}${text}`).toString('base64').replace(/=+$/, '')
  return encoded.slice(offset === 0 ? 0 : offset + 1, Math.floor((text.length + offset) / 3) * 4)
})

/** The text in all forms in which it could be written down. */
export function needlesOf(name: string, text: string): Needle[] {
  const hex = Buffer.from(text).toString('hex')
  const percent = [...text].map((character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`).join('')
  const escapes = [...text].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  const forms: readonly (readonly [string, string | Buffer])[] = [
    ['raw', text], ['escapes', escapes], ['escaped zeros', [...text].join('\\u0000')], ['hex', hex], ['HEX', hex.toUpperCase()], ['percent', percent], ['UTF-16', Buffer.from(text, 'utf16le')],
    ...base64Forms(text).map((form) => ['base64', form] as const), ...base64Forms(text).map((form) => ['base64url', form.replaceAll('+', '-').replaceAll('/', '_')] as const),
    ...base64Forms(Buffer.from(text, 'utf16le').toString('latin1')).map((form) => ['base64 of UTF-16', form] as const),
  ]
  return forms.map(([form, bytes]) => ({ name: `${name} (${form})`, bytes: Buffer.from(bytes as string) })).filter(({ bytes }) => bytes.length >= 8)
}

const SLOTS = 1 << 22
const slotOf = (word: number): number => (Math.imul(word, 0x9e3779b1) >>> 10) & (SLOTS - 1)

/** Knows many needles and finds them in buffers. */
export class Search {
  readonly #slots = new Uint8Array(SLOTS)
  readonly #byStart = new Map<number, Needle[]>()

  constructor(needles: readonly Needle[]) {
    for (const needle of needles) {
      const start = needle.bytes.readUInt32LE(0)
      this.#slots[slotOf(start)] = 1
      this.#byStart.set(start, [...(this.#byStart.get(start) ?? []), needle])
    }
  }

  /** Names of the needles that are in `bytes`. */
  in(bytes: Buffer): Set<string> {
    const found = new Set<string>()
    for (let at = 0; at + 4 <= bytes.length; at++) {
      const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      if (this.#slots[slotOf(word)] === 0) continue
      for (const needle of this.#byStart.get(word >>> 0) ?? []) {
        if (bytes.compare(needle.bytes, 0, needle.bytes.length, at, Math.min(bytes.length, at + needle.bytes.length)) === 0) found.add(needle.name)
      }
    }
    return found
  }
}

/** Every file below `folder`. */
export function* filesBelow(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* filesBelow(path)
    else yield path
  }
}

export const contents = (path: string): Buffer => readFileSync(path)
