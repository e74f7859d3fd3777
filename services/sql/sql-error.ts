/** Errors as ClickHouse says them: numeric code, symbolic name, and the HTTP status that its own server gives. */

/** Codes that we raise ourselves; numbers are ClickHouse's. */
export const CODES = {
  BAD_ARGUMENTS: 36, NOT_IMPLEMENTED: 48, SYNTAX_ERROR: 62, UNKNOWN_FORMAT: 73, UNKNOWN_DATABASE: 81, UNKNOWN_SETTING: 115, READONLY: 164,
  REQUIRED_PASSWORD: 194, TOO_MANY_SIMULTANEOUS_QUERIES: 202, QUERY_IS_TOO_LARGE: 229, TOO_MANY_ROWS_OR_BYTES: 396, QUERY_WAS_CANCELLED: 394,
  ACCESS_DENIED: 497, AUTHENTICATION_FAILED: 516, UNKNOWN_COMPRESSION_METHOD: 89, SETTING_CONSTRAINT_VIOLATION: 452, BAD_QUERY_PARAMETER: 457,
  UNKNOWN_EXCEPTION: 1002,
} as const
export type SqlErrorName = keyof typeof CODES

export class SqlError extends Error {
  readonly code: number
  readonly symbol: string

  constructor(symbol: SqlErrorName, message: string) {
    super(message)
    this.name = 'SqlError'
    this.code = CODES[symbol]
    this.symbol = symbol
  }
}

/** What an engine adapter throws for an exception of the engine. */
export interface EngineException {
  readonly code: number
  readonly symbol: string
  readonly message: string
}

export const isException = (error: unknown): error is EngineException =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' && 'symbol' in error && typeof error.symbol === 'string'

/**
 * Status by code as in ClickHouse's exceptionCodeToHTTPStatus, and three that it answers with 500: READONLY is 403 (nothing here is broken),
 * TOO_MANY_SIMULTANEOUS_QUERIES is 503 (clients then try again), UNKNOWN_COMPRESSION_METHOD is 415.
 */
const STATUS: ReadonlyMap<number, readonly number[]> = new Map([
  [400, [6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 456, 457, 675, 676]],
  [401, [194]],
  [403, [164, 192, 193, 497, 512, 516]],
  [404, [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511]],
  [408, [159]],
  [411, [381]],
  [413, [229]],
  [415, [89, 779]],
  [501, [48]],
  [503, [76, 202, 209, 439]],
])
const statusByCode = new Map([...STATUS].flatMap(([status, codes]) => codes.map((code) => [code, status] as const)))

/** HTTP status for a ClickHouse error code. */
export const statusOf = (code: number): number => statusByCode.get(code) ?? 500

/** The body that clients read their error from. */
export const errorBody = (error: EngineException, version: string): string =>
  `Code: ${error.code}. DB::Exception: ${error.message} (${error.symbol}) (version ${version})\n`
