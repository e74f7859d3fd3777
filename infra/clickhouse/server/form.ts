/** Query parameters as `multipart/form-data` (RFC 7578), which ClickHouse reads like those of the URL: proxies limit URLs to some KiB. */
import { randomUUID } from 'node:crypto'

/** Most bytes of parameters in a URL: nginx takes 8 KiB for the whole request line. */
const URL_BYTES = 4_096

export interface Form {
  readonly contentType: string
  readonly body: Buffer
}

/** Undefined while the parameters fit into a URL. `parameters`: name → value in the engine's text form. */
export function formOf(parameters: ReadonlyMap<string, string>): Form | undefined {
  let size = 0
  for (const value of parameters.values()) size += Buffer.byteLength(value)
  if (size <= URL_BYTES) return undefined
  const boundary = `watchkeeper-${randomUUID()}`
  const parts = [...parameters].map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="param_${name}"\r\n\r\n${value}\r\n`)
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: Buffer.from(`${parts.join('')}--${boundary}--\r\n`) }
}
