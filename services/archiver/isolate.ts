/** Inserts a batch; when the store refuses it for a bad row, halves it until the bad rows stand alone and their neighbours are stored. */
import { kindOf } from '../../schemas/failure.ts'

export interface Refused<R> {
  readonly row: R
  readonly why: string
}

/** Throws what is not about the rows (`unavailable`: the caller tries the whole again under the same token). */
export async function insertOrIsolate<R>(
  rows: readonly R[], token: string, insert: (rows: readonly R[], token: string) => Promise<void>,
): Promise<Refused<R>[]> {
  try {
    await insert(rows, token)
    return []
  } catch (error) {
    if (kindOf(error) !== 'rejected') throw error
    if (rows.length === 1) return [{ row: rows[0] as R, why: (error as Error).message }]
  }
  const middle = rows.length >>> 1
  const left = await insertOrIsolate(rows.slice(0, middle), `${token}/0`, insert)
  return [...left, ...(await insertOrIsolate(rows.slice(middle), `${token}/1`, insert))]
}
