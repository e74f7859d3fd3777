/** Errors of the ClickHouse engine, read once out of its exception text: code and symbolic name are stable, the words are not. */

/** `code` is ClickHouse's numeric error code, `symbol` its name (`UNKNOWN_TABLE`), `message` the text without both. */
export class EngineError extends Error {
  readonly code: number
  readonly symbol: string

  constructor(code: number, symbol: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'EngineError'
    this.code = code
    this.symbol = symbol
  }
}

const HEAD = /Code: (\d{1,6})\. (?:DB::)?\w*Exception: /
const TAIL = /\.? \(([A-Z][A-Z0-9_]+)\)(?: \(version [^()]*(?:\([^()]*\))?\))?\s*$/

const textOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

/** The typed form of whatever the binding threw. What carries no code gets 1002 (UNKNOWN_EXCEPTION), as ClickHouse itself would say. */
export function engineErrorFrom(thrown: unknown): EngineError {
  if (thrown instanceof EngineError) return thrown
  const text = textOf(thrown)
  const head = HEAD.exec(text)
  const tail = TAIL.exec(text)
  const body = text.slice(head === null ? 0 : head.index + head[0].length, tail === null ? text.length : tail.index)
  return new EngineError(head === null ? 1002 : Number(head[1]), tail?.[1] ?? 'UNKNOWN_EXCEPTION', body, thrown)
}
