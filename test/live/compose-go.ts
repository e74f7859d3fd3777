/** Docker's own reader of compose files, as a Go program, and the model that it makes of ours. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'

const run = promisify(execFile)
const VERSION = 'v2.16.2'
const FOLDER = join(tmpdir(), `watchkeeper-compose-go-${VERSION}`)
const PROGRAM = join(FOLDER, 'cmd')
/** `WATCHKEEPER_COMPOSE=required`: what is missing is an error, not a reason to skip. */
const REQUIRED = process.env['WATCHKEEPER_COMPOSE'] === 'required'

const Mount = z.object({ type: z.string(), source: z.string(), target: z.string(), read_only: z.boolean().optional() })
const Reference = z.object({ source: z.string(), target: z.string() })
export const Service = z.object({
  image: z.string(), build: z.object({ context: z.string(), dockerfile: z.string() }).optional(), command: z.array(z.string()).nullish(),
  restart: z.string(), cap_drop: z.array(z.string()), security_opt: z.array(z.string()), read_only: z.boolean().default(false),
  cap_add: z.array(z.string()).default([]), privileged: z.boolean().default(false), network_mode: z.string().optional(),
  healthcheck: z.object({ disable: z.boolean().optional(), test: z.array(z.string()).optional() }).optional(),
  ports: z.array(z.object({ host_ip: z.string().optional(), published: z.string(), target: z.number() })).default([]),
  networks: z.record(z.string(), z.unknown()), environment: z.record(z.string(), z.string().nullable()).default({}),
  configs: z.array(Reference).default([]), secrets: z.array(Reference).default([]), volumes: z.array(Mount).default([]),
  deploy: z.object({ resources: z.object({ limits: z.object({ cpus: z.string(), memory: z.string() }) }) }),
  container_name: z.string().optional(),
})
export type Service = z.infer<typeof Service>
const File = z.object({ file: z.string() })
const Model = z.object({
  name: z.literal('watchkeeper'), services: z.record(z.string(), Service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) })),
  volumes: z.record(z.string(), z.unknown()), configs: z.record(z.string(), File), secrets: z.record(z.string(), File),
})
export type Model = z.infer<typeof Model>

/** '' when the reader can be run here, else a sentence that says what is missing. Throws that sentence where it is required. */
export async function composeMissing(): Promise<string> {
  if (existsSync(PROGRAM)) return ''
  const module = `github.com/compose-spec/compose-go/v2/cmd@${VERSION}`
  const why = ({ code, stderr }: { code?: unknown; stderr?: string }): string =>
    code === 'ENOENT' ? 'there is no go command' : `go install ${module}: ${(stderr ?? '').trim().split('\n').at(-1)}`
  const reason = await run('go', ['install', module], { env: { ...process.env, GOBIN: FOLDER }, timeout: 280_000 })
    .then(() => '', (error: { code?: unknown; stderr?: string }) => `compose files are not checked: ${why(error)}`)
  if (reason !== '' && REQUIRED) throw new Error(`${reason}; WATCHKEEPER_COMPOSE=required asks for it`)
  return reason
}

/** What `docker compose config` says of these files, from the root of the repository, no variable set. Rejects with the reader's own words. */
export async function readCompose(files: readonly string[]): Promise<Model> {
  const { stdout } = await run(PROGRAM, ['-format=json', ...files], { maxBuffer: 16_777_216 })
  return Model.parse(JSON.parse(stdout))
}
