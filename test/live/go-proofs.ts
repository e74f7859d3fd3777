/** A program of Go's own libraries that judges proofs beside ours: built once a machine, from its locked modules. */
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { z } from 'zod'

const run = promisify(execFile)
const SOURCE = join(process.cwd(), 'test', 'live', 'go-proofs')
const key = createHash('sha256').update(readFileSync(join(SOURCE, 'main.go'))).update(readFileSync(join(SOURCE, 'go.sum'))).digest('hex').slice(0, 12)
const PROGRAM = join(tmpdir(), `watchkeeper-go-proofs-${key}`)
/** `WATCHKEEPER_GO=required`: what is missing is an error, not a reason to skip. */
const REQUIRED = process.env['WATCHKEEPER_GO'] === 'required'

const Answer = z.object({ tlog: z.boolean(), merkle: z.boolean(), proof: z.array(z.string()).nullable(), root: z.string().nullable(), why: z.string() })
export type GoAnswer = z.infer<typeof Answer>

/** '' when the program can be run here, else a sentence that says what is missing. Throws that sentence where it is required. */
export async function goMissing(): Promise<string> {
  if (existsSync(PROGRAM)) return ''
  const why = ({ code, stderr }: { code?: unknown; stderr?: string }): string => (code === 'ENOENT' ? 'there is no go command' : `go build: ${(stderr ?? '').trim().split('\n').at(-1)}`)
  const reason = await run('go', ['build', '-p', '1', '-o', PROGRAM, '.'], { cwd: SOURCE, timeout: 280_000 })
    .then(() => '', (error: { code?: unknown; stderr?: string }) => `proofs are not held against Go's libraries: ${why(error)}`)
  if (reason !== '' && REQUIRED) throw new Error(`${reason}; WATCHKEEPER_GO=required asks for it`)
  return reason
}

/** What it says to each question, in order. Buffers go as base64. */
export async function askGo(questions: readonly Readonly<Record<string, unknown>>[]): Promise<GoAnswer[]> {
  const program = spawn(PROGRAM, { stdio: ['pipe', 'pipe', 'inherit'] })
  const plain = (value: unknown): unknown => (Buffer.isBuffer(value) ? value.toString('base64') : Array.isArray(value) ? value.map(plain) : value)
  program.stdin.end(questions.map((question) => `${JSON.stringify(Object.fromEntries(Object.entries(question).map(([name, value]) => [name, plain(value)])))}\n`).join(''))
  const answers = (await text(program.stdout)).split('\n').filter((line) => line !== '')
  return answers.map((line) => Answer.parse(JSON.parse(line)))
}
