/** Why a port could not be opened, as a sentence that says what to change. */
import { Failure } from '../../schemas/failure.ts'

const REASONS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'another program uses that port. Stop it, or choose another port'],
  ['EACCES', 'this user may not open that port. Choose one above 1023'],
  ['EADDRNOTAVAIL', 'this machine has no such address. Choose one that it has, such as 127.0.0.1'],
  ['ENOTFOUND', 'there is no host of that name. Choose an address of this machine, such as 127.0.0.1'],
  ['EAFNOSUPPORT', 'this machine does not speak that kind of address. Choose one that it has, such as 127.0.0.1'],
])

/** `name`: what wanted to listen; `setting`: where the address comes from, such as `--otlp-http`. */
export interface Where {
  readonly name: string
  readonly address: string
  readonly setting?: string | undefined
}

/** Failure `misconfigured`; the reason comes from the system's error code. */
export function bindFailure(where: Where, cause: unknown): Failure {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const reason = REASONS.get(code) ?? `the system refuses it (${code || 'no reason given'}). Choose another address`
  const setting = where.setting === undefined ? '' : ` (${where.setting})`
  return new Failure('misconfigured', 'http.cannot_listen', `${where.name} cannot listen on ${where.address}: ${reason}${setting}.`, { cause })
}
