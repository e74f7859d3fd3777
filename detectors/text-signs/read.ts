/** A text as a model would read it, with all signs that it gives orders. Pure and linear; long texts are read at both ends. */
import { type Payload, payloadsOf } from './encoded.ts'
import { joined, lookLatin, unhide } from './hidden.ts'
import { commands, type Found, type Sign, signsOf } from './signs.ts'
import { ODD, surveyOf } from './survey.ts'
import { tokensOf } from './tokens.ts'

export interface Reading {
  readonly signs: ReadonlySet<Sign>
  /** Signs that stand together: of four sentences in a row, and of the text as a whole. */
  readonly together: readonly ReadonlySet<Sign>[]
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

/** Adds what the payloads say to `signs`; gives in which encodings there are orders. */
function decoded(payloads: readonly Payload[], signs: Set<Sign>): readonly string[] {
  const encodings = new Set<string>()
  for (const payload of payloads) {
    const tokens = tokensOf(payload.text)
    const inner = signsOf(payload.text, tokens, surveyOf(payload.text)).all
    const orders = ORDERS.filter((sign) => inner.has(sign))
    if (orders.length === 0 && !commands(tokens)) continue
    encodings.add(payload.encoding)
    for (const sign of orders) signs.add(sign)
  }
  if (encodings.size > 0) signs.add('encodedOrder')
  return [...encodings].map((encoding) => `an instruction in ${encoding}`)
}

/** Sentences that count together. */
const NEAR = 4

function together({ local, whole }: Found): readonly ReadonlySet<Sign>[] {
  if (local.length === 0) return [whole]
  return local.map(({ at: first }, from) => {
    const signs = new Set(whole)
    for (let next = from; next < local.length && (local[next]?.at ?? 0) < first + NEAR; next++) for (const sign of local[next]?.signs ?? []) signs.add(sign)
    return signs
  })
}

export function read(text: string): Reading {
  const ends = endsOf(text)
  const first = surveyOf(ends)
  const isPlain = (first.seen & ODD) === 0
  const { text: seen, reasons } = isPlain ? { text: ends, reasons: [] } : unhide(ends)
  const latin = isPlain ? ends : lookLatin(seen)
  const plain = joined(latin)
  const survey = latin === ends ? first : surveyOf(latin)
  const tokens = tokensOf(plain)
  const found = signsOf(plain, tokens, plain === latin ? survey : surveyOf(plain))
  const { all, whole } = found
  const concealed = [...reasons]
  if (reasons.length > 0) whole.add('hidden')
  if ((tokens.masked > 0 || plain !== seen) && ORDERS.some((sign) => all.has(sign))) {
    whole.add('masked')
    concealed.push('words spelled with other letters')
  }
  concealed.push(...decoded(payloadsOf(latin, survey, tokens.turned), whole))
  for (const sign of whole) all.add(sign)
  return { signs: all, together: together(found), concealed, length: tokens.length }
}
