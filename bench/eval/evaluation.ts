/** What an evaluation is, and how it reads its labelled data. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

export interface RunOptions {
  readonly json: boolean
  readonly split: string
  /** Of what is made and not read. */
  readonly seed: number
  readonly days: number
  readonly principals: number
}

export interface Evaluation {
  /** One line for the list of evaluations. */
  readonly about: string
  /** It is part of another one: not run where no name is given. */
  readonly part?: boolean
  /** Reads below `data`, the folder given by `--data`, of it one `split` where that is not '', and prints a table, or with `json` a JSON object a row. Throws MissingData. */
  run(data: string, print: (line: string) => void, options: RunOptions): Promise<void>
}

/** The data are not where `--data` says; the message is for the person who gave it. */
export class MissingData extends Error {}

const FORMS = ['.jsonl.gz', '.jsonl'] as const
const isOf = (name: string, split: string): boolean => split === '' || name === split || name.startsWith(`${split}_`) || name.endsWith(`_${split}`)

/** Names of the sets in a folder: `dev` for `dev.jsonl.gz` or `dev.jsonl`, sorted; with `split` those that are called so, or so and more. Throws MissingData when there are none. */
export function setsIn(data: string, folder: string, split = ''): string[] {
  const path = join(data, folder)
  const files = existsSync(path) ? readdirSync(path) : []
  const names = files.flatMap((file) => FORMS.filter((form) => file.endsWith(form)).map((form) => file.slice(0, -form.length))).filter((name) => isOf(name, split))
  if (names.length === 0) throw new MissingData(`${path} holds no *.jsonl${split === '' ? '' : ` called ${split}`}, plain or .gz`)
  return [...new Set(names)].sort()
}

/** The lines of one set, parsed by `parse`, which checks their shape. Throws MissingData where the file is not there. */
export function readSet<T>(data: string, set: string, parse: (line: unknown) => T): T[] {
  const path = FORMS.map((form) => join(data, `${set}${form}`)).find((file) => existsSync(file))
  if (path === undefined) throw new MissingData(`there is no ${join(data, set)}.jsonl, plain or .gz`)
  const bytes = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  return text.split('\n').filter((line) => line !== '').map((line) => parse(JSON.parse(line)))
}
