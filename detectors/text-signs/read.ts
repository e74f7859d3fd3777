/** A text as a model would read it, with all signs that it gives orders. Pure and linear; long texts are read at both ends. */
import { payloadsOf } from './encoded.ts'
import { joined, lookLatin, unhide } from './hidden.ts'
import { commands, type Sign, signsOf } from './signs.ts'
import { tokensOf } from './tokens.ts'

export interface Reading {
  readonly signs: ReadonlySet<Sign>
  /** What is hidden or encoded, in words. */
  readonly concealed: readonly string[]
  /** Words of it. */
  readonly length: number
}

const HEAD = 12_288
const TAIL = 4_096
/** Signs that an encoded or masked text must show to count as an order. */
const ORDERS: readonly Sign[] = [
  'override', 'overrideSome', 'overrideAll', 'extract', 'extractSecret', 'secrecy', 'sink', 'sensitive', 'crossTool', 'commandAddress', 'smuggle', 'demand', 'addressed', 'free', 'divert',
]

const endsOf = (text: string): string => (text.length <= HEAD + TAIL ? text : `${text.slice(0, HEAD)}\n\n${text.slice(-TAIL)}`)

/** Adds what the payloads in `text` say to `signs`; gives in which encodings there are orders. */
function decoded(text: string, turned: boolean, signs: Set<Sign>): readonly string[] {
  const encodings = new Set<string>()
  for (const payload of payloadsOf(text, turned)) {
    const tokens = tokensOf(payload.text)
    const inner = signsOf(payload.text, tokens)
    const orders = ORDERS.filter((sign) => inner.has(sign))
    if (orders.length === 0 && !commands(tokens)) continue
    encodings.add(payload.encoding)
    for (const sign of orders) signs.add(sign)
  }
  if (encodings.size > 0) signs.add('encodedOrder')
  return [...encodings].map((encoding) => `an instruction in ${encoding}`)
}

export function read(whole: string): Reading {
  const { text: seen, reasons } = unhide(endsOf(whole))
  const latin = lookLatin(seen)
  const plain = joined(latin)
  const tokens = tokensOf(plain)
  const signs = signsOf(plain, tokens)
  const concealed = [...reasons]
  if (reasons.length > 0) signs.add('hidden')
  if ((tokens.masked > 0 || plain !== seen) && ORDERS.some((sign) => signs.has(sign))) {
    signs.add('masked')
    concealed.push('words spelled with other letters')
  }
  concealed.push(...decoded(latin, tokens.turned, signs))
  return { signs, concealed, length: tokens.words.length }
}
