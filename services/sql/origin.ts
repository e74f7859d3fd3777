/** DNS rebinding: a web page can make its visitor's browser ask a server on the visitor's own machine, but it cannot choose these headers. */
import { isLoopback } from '../../schemas/loopback.ts'

const hostOf = (text: string): string => text.replace(/:\d{1,5}$/, '')
const AUTHORITY = /^https?:\/\/([^/]+)$/i

/** '' when a request to a loopback address comes from this machine's own programs, else why it is refused. */
export function whyForeign(headers: ReadonlyMap<string, string>): string {
  const host = headers.get('host') ?? ''
  if (!isLoopback(hostOf(host))) return 'Host must be localhost, 127.0.0.1 or [::1]'
  const origin = headers.get('origin')
  if (origin !== undefined && AUTHORITY.exec(origin)?.[1]?.toLowerCase() !== host.toLowerCase()) return 'Origin must be absent or the same as Host'
  const site = headers.get('sec-fetch-site')
  return site === undefined || site === 'same-origin' || site === 'none' ? '' : 'Requests of other web sites are refused'
}
