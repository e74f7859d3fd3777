/** What an evaluation is, and how it reads its labelled data. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

export interface Evaluation {
  /** One line for the list of evaluations. */
  readonly about: string
  /** Reads below `data`, the folder given by `--data`, and prints a table, or with `json` a JSON object a row. Throws MissingData. */
  run(data: string, print: (line: string) => void, options: { readonly json: boolean }): Promise<void>
}

/** The data are not where `--data` says; the message is for the person who gave it. */
export class MissingData extends Error {}

/** Names of the sets in a folder: `dev` for `dev.jsonl.gz`, sorted. Throws MissingData when there are none. */
export function setsIn(data: string, folder: string): string[] {
  const path = join(data, folder)
  const names = existsSync(path) ? readdirSync(path).filter((name) => name.endsWith('.jsonl.gz')).sort() : []
  if (names.length === 0) throw new MissingData(`${path} holds no *.jsonl.gz`)
  return names.map((name) => name.slice(0, -'.jsonl.gz'.length))
}

/** The lines of one set, parsed by `parse`, which checks their shape. Throws MissingData where the file is not there. */
export function readSet<T>(data: string, set: string, parse: (line: unknown) => T): T[] {
  const path = join(data, `${set}.jsonl.gz`)
  if (!existsSync(path)) throw new MissingData(`there is no ${path}`)
  const text = gunzipSync(readFileSync(path)).toString('utf8')
  return text.split('\n').filter((line) => line !== '').map((line) => parse(JSON.parse(line)))
}
