/** Base64 runs that may hold text. What they hold is scanned once; a run in which something is found is replaced as a whole. */

export interface Run {
  readonly start: number
  readonly end: number
  /** The decoded bytes as Latin-1, so that every byte stays one character. */
  readonly decoded: string
}

/** Standard and URL-safe alphabet. Twenty characters are the shortest that can hold a name and a value. */
const RUN = /[A-Za-z0-9+/_-]{20,}={0,2}/g

/** Digests, identifiers and most paths have no capitals; base64 of text always has, beside small letters or digits. */
const canBeText = (run: string): boolean => /[A-Z]/.test(run) && /[a-z0-9]/.test(run)

/** Base64 runs of `text`, decoded, also behind a leading slash. */
export function* base64Runs(text: string): Generator<Run> {
  for (const found of text.matchAll(RUN)) {
    if (!canBeText(found[0])) continue
    const start = found[0].charCodeAt(0) === 47 ? found.index + 1 : found.index
    const end = found.index + found[0].length
    yield { start, end, decoded: Buffer.from(text.slice(start, end), 'base64').toString('latin1') }
  }
}
