/** Requests as real instrumentations sent them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FIXTURES = 'test/fixtures/otlp'

export interface Recording {
  /** `fastmcp/001_v1_traces` */
  readonly name: string
  readonly signal: string
  readonly type: string
  readonly body: Buffer
}

export const RECORDINGS: readonly Recording[] = readdirSync(FIXTURES).flatMap((folder) =>
  readdirSync(join(FIXTURES, folder)).filter((file) => file.endsWith('.bin')).map((file) => {
    const headers = JSON.parse(readFileSync(join(FIXTURES, folder, file.replace(/bin$/, 'headers.json')), 'utf8')) as Readonly<Record<string, string>>
    return {
      name: `${folder}/${file.slice(0, -'.bin'.length)}`, signal: /_v1_(\w+)\.bin$/.exec(file)?.[1] ?? '', type: headers['content-type'] ?? '',
      body: readFileSync(join(FIXTURES, folder, file)),
    }
  }))
