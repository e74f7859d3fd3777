/** A text as a model would read it, with all signs that it gives orders. Pure and linear; long texts are read at both ends. */
import { payloadsOf } from './encoded.ts'
import { lookLatin, unhide, unmask } from './hidden.ts'
import { type Sign, signsOf } from './signs.ts'
import { tokensOf } from './tokens.ts'

export interface Reading {
  readonly signs: ReadonlyMap<Sign, number>
  /** What is hidden or encoded, in words. */
  readonly concealed: readonly string[]
  /** Words of it. */
  readonly length: number
}

const HEAD = 12_288
const TAIL = 4_096
/** Signs that an encoded or masked text must show to count as an order. */
const ORDERS: readonly Sign[] = ['override', 'overrideSome', 'overrideAll', 'extract', 'secrecy', 'sink', 'sensitive', 'crossTool', 'commandAddress', 'smuggle', 'extractSecret', 'demand', 'addressed', 'free', 'command']

const endsOf = (text: string): string => (text.length <= HEAD + TAIL ? text : `${text.slice(0, HEAD)}\n\n${text.slice(-TAIL)}`)

export function read(whole: string): Reading {
  const text = endsOf(whole)
  const { text: seen, reasons } = unhide(text)
  const plain = lookLatin(seen)
  const tokens = tokensOf(plain)
  const signs = signsOf(plain, tokens)
  const concealed = [...reasons]
  if (reasons.length > 0) signs.set('hidden', reasons.length)
  const unmasked = unmask(plain)
  if (unmasked !== plain || plain !== seen) {
    const more = signsOf(unmasked, tokensOf(unmasked))
    const before = plain === seen ? signs : signsOf(seen, tokensOf(seen))
    const fresh = ORDERS.filter((sign) => more.has(sign) && !before.has(sign))
    for (const sign of fresh) signs.set(sign, more.get(sign) ?? 1)
    if (fresh.length > 0) {
      signs.set('masked', 1)
      concealed.push('words spelled with other letters')
    }
  }
  for (const payload of payloadsOf(plain)) {
    signs.set('encoded', 1)
    const inner = signsOf(payload.text, tokensOf(payload.text))
    const orders = ORDERS.filter((sign) => inner.has(sign))
    if (orders.length === 0) continue
    signs.set('encodedOrder', 1)
    concealed.push(`an instruction in ${payload.encoding}`)
    for (const sign of orders) signs.set(sign, Math.max(1, signs.get(sign) ?? 0))
  }
  return { signs, concealed, length: tokens.words.length }
}
