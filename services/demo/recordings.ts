/** The OTLP bodies that real MCP software sent, from `test/fixtures/otlp`. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Recording {
  readonly emitter: string
  readonly path: string
  readonly contentType: string
  readonly body: Buffer
}

/** All bodies below `folder`, in the order they were sent. */
export function recordings(folder: string): readonly Recording[] {
  return readdirSync(folder).sort().flatMap((emitter) =>
    readdirSync(join(folder, emitter)).filter((name) => name.endsWith('.bin')).sort().map((name) => {
      const headers = JSON.parse(readFileSync(join(folder, emitter, name.replace('.bin', '.headers.json')), 'utf8')) as Record<string, string>
      return {
        emitter, path: name.includes('metrics') ? '/v1/metrics' : '/v1/traces', contentType: headers['content-type'] ?? '',
        body: readFileSync(join(folder, emitter, name)),
      }
    }),
  )
}
