/** `watchkeeper incident …` */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Failure } from '../../schemas/failure.ts'
import { checkPack } from '../reports/incident/check.ts'
import { count } from './amounts.ts'
import { type CommonOptions, configOf } from './common.ts'
import { writeFiles } from './file-stream.ts'
import { CODES, verifiersOf } from './report.ts'
import { safe } from './terminal-table.ts'

export interface ExportOptions extends CommonOptions {
  readonly alert: string
  readonly out: string
  readonly why: string
  readonly before: number
  readonly after: number
  readonly json?: boolean
}

/** What was written is hashed again here: what arrived is what the server sealed, or it is said. */
export async function incidentExport({ alert, out, why, before, after, ...options }: ExportOptions): Promise<number> {
  if (!/^[0-9a-f]{32}$/.test(alert)) throw new Failure('misconfigured', 'incident.alert', 'An alert has 32 hex digits: watchkeeper alert list shows them.')
  const body = { alert_id: alert, before_minutes: before, after_minutes: after, why }
  const { files, bytes, hashes } = await writeFiles(configOf(options), { path: '/api/v1/incidents', body }, out)
  const sums = await readFile(join(out, 'SHA256SUMS'), 'utf8')
  const wrong = [...hashes].filter(([path, hash]) => !path.startsWith('SHA256SUMS') && !sums.includes(`${hash}  ${path}\n`)).map(([path]) => path)
  if (wrong.length > 0) throw new Failure('unavailable', 'incident.cut', `${wrong.join(', ')} did not arrive as it was sealed: remove ${out} and try again.`)
  const proofs = [...hashes.keys()].filter((path) => path.startsWith('proofs/')).length
  console.log(options.json === true ? JSON.stringify({ directory: out, files, bytes, proofs })
    : [`${count(files)} files, ${count(proofs)} of them proofs, in ${safe(out)}: begin with timeline.html; README.txt says how to check it`].join('\n'))
  return 0
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** Exit codes as of `watchkeeper verify`. */
export async function incidentVerify(directory: string, { key, json }: { readonly key: readonly string[]; readonly json?: boolean }): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new Failure('misconfigured', 'incident.directory', `${directory} cannot be read: ${error.code ?? 'unknown error'}.`)
  })
  const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name).slice(join(directory, sep).length).split(sep).join('/'))
  const hashes = new Map<string, string>()
  for (const path of paths.filter((one) => one !== 'SHA256SUMS' && one !== 'SHA256SUMS.note')) hashes.set(path, await hashOf(join(directory, path)))
  const text = (name: string): Promise<string | undefined> => readFile(join(directory, name), 'utf8').catch(() => undefined)
  const found = checkPack({ sums: await text('SHA256SUMS'), note: await text('SHA256SUMS.note'), hashes }, await verifiersOf(key))
  const lines = found.verdict === 'ok' ? [`ok: every file is as it was signed by ${safe(found.signedBy)}, about alert ${found.alertId}`]
    : [`${found.verdict}:`, ...found.problems.map((problem) => `  ${safe(problem)}`)]
  console.log(json === true ? JSON.stringify(found) : lines.join('\n'))
  return CODES[found.verdict]
}
