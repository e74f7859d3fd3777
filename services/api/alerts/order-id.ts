/** The id of an order: random, or of the key that the caller gave. */
import { createHash, randomBytes } from 'node:crypto'
import type { Call } from '../route.ts'
import { Refusal } from '../problem.ts'

/** The same key with the same request is the same order, sent how often it may be. 32 hex digits. */
export function orderId({ request, caller, body }: Call): string {
  const key = request.headers.get('idempotency-key')
  if (key === undefined || key === '') return randomBytes(16).toString('hex')
  if (key.length > 256) throw new Refusal(400, 'Idempotency-Key: must have at most 256 characters')
  const same = JSON.stringify([caller.tenant ?? '', caller.name, request.method, request.path, key, body])
  return createHash('sha256').update(same).digest('hex').slice(0, 32)
}

export const KEY_HEADER = { 'idempotency-key': 'The same key with the same request is done once, sent how often it may be' }
