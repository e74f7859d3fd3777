/** What one request may still hold, counted down while it is decoded, and the refusals of decoding. */
import { Failure } from '../../../schemas/failure.ts'
import type { DecodeLimits } from './model.ts'

/** Everything that costs memory apart from items: attributes, list elements, span events, links, metrics, scopes. */
const MAX_PARTS = 2_000_000

/** Failure `rejected`: the body is no OTLP; `what` is a sentence that names the field. */
export const undecodable = (what: string, cause?: unknown) => new Failure('rejected', 'otlp.undecodable', what, { cause })

export class Budget {
  readonly depth: number
  readonly #limits: DecodeLimits
  #items: number
  #parts = MAX_PARTS

  constructor(limits: DecodeLimits) {
    this.#limits = limits
    this.#items = limits.items
    this.depth = limits.depth
  }

  /** How many more may come. */
  get itemsLeft(): number {
    return this.#items
  }

  /** One span, log record or data point. */
  item(field: string): void {
    if (--this.#items < 0) throw this.tooMany(field)
  }

  tooMany(field: string): Error {
    return undecodable(`${field}: more than ${this.#limits.items} spans, log records or data points in one request`)
  }

  part(field: string): void {
    if (--this.#parts < 0) throw undecodable(`${field}: more than ${MAX_PARTS} attributes, list elements, events and links in one request`)
  }

  tooDeep(field: string): Error {
    return undecodable(`${field}: values nested deeper than ${this.depth} levels`)
  }
}
