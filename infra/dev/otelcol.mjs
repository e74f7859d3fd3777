/**
 * The official OpenTelemetry Collector and its load generator, for the tests and for the bench beside ours. `node infra/dev/otelcol.mjs` prints where
 * they are as JSON, and builds from Go's modules what is missing: 10 to 20 minutes on one core, at the lowest priority, outside the repository.
 * With `--find` nothing is built: what is missing is said on standard error, and the exit code is 1.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir, setPriority } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const VERSION = '0.155.0'
const BUILDER = `go.opentelemetry.io/collector/cmd/builder@v${VERSION}`
const GENERATOR = `github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen@v${VERSION}`
const MANIFEST = fileURLToPath(new URL('./otelcol/builder.yaml', import.meta.url))
const FOLDER = process.env.WATCHKEEPER_OTELCOL ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'watchkeeper', 'otelcol')

/** Another manifest is another program. Comments do not count. */
const key = createHash('sha256').update(readFileSync(MANIFEST, 'utf8').replaceAll(/^ *#.*\n/gm, '')).digest('hex').slice(0, 8)
const programs = { otelcol: join(FOLDER, `otelcol-${VERSION}-${key}`), telemetrygen: join(FOLDER, `telemetrygen-${VERSION}`) }

function go(cwd, args) {
  console.error(`otelcol: go ${args.join(' ')}`)
  const env = { ...process.env, GOMAXPROCS: '1', GOBIN: cwd }
  const { status, error } = spawnSync('go', args, { cwd, env, stdio: ['ignore', 2, 2] })
  if (error === undefined && status === 0) return
  const why = error?.code === 'ENOENT' ? 'there is no go command; install Go 1.25 or newer' : `go ${args[0]} failed; the lines above say why`
  console.error(`otelcol: ${why}`)
  process.exit(1)
}

function build(work) {
  if (!existsSync(programs.otelcol)) {
    go(work, ['run', '-p', '1', BUILDER, '--skip-compilation', '--config', MANIFEST])
    go(join(work, 'source'), ['build', '-p', '1', '-trimpath', '-ldflags', '-s -w', '-o', join(work, 'otelcol'), '.'])
    renameSync(join(work, 'otelcol'), programs.otelcol)
  }
  if (!existsSync(programs.telemetrygen)) {
    go(work, ['install', '-p', '1', GENERATOR])
    renameSync(join(work, 'telemetrygen'), programs.telemetrygen)
  }
}

const unknown = process.argv.slice(2).filter((argument) => argument !== '--find')
if (unknown.length > 0) {
  console.error(`Not understood: ${unknown.join(' ')}. node infra/dev/otelcol.mjs builds what is missing (10 to 20 minutes); with --find it only looks.`)
  process.exit(2)
}
const missing = Object.entries(programs).filter(([, path]) => !existsSync(path)).map(([name]) => name)
if (missing.length > 0 && process.argv.includes('--find')) {
  console.error(`no ${missing.join(', no ')} ${VERSION}: node infra/dev/otelcol.mjs builds it from Go's modules (10 to 20 minutes)`)
  process.exit(1)
}
if (missing.length > 0) {
  setPriority(19)
  mkdirSync(FOLDER, { recursive: true })
  const work = mkdtempSync(join(FOLDER, 'work-'))
  process.on('exit', () => rmSync(work, { recursive: true, force: true }))
  build(work)
}
console.log(JSON.stringify(programs))
