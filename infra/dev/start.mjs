/** Sets up what is missing, then runs the CLI: `node infra/dev/start.mjs serve`. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ROOT, setUp } from './setup.mjs'

/**
 * Events live for a second or so: with the default of 16 MiB most of them would be copied before they die. V8 makes the young generation smaller in
 * a pause and needs seconds of load to make it large again, so it is kept at its size.
 */
const HEAP_FLAGS = ['--min-semi-space-size=64', '--max-semi-space-size=64']
/**
 * The ClickHouse engine runs each query on a thread of libuv's pool, and the log writes on one. With the default of four, slow queries would
 * hold up the disk. Node makes the pool while it loads modules, so it must be known before the process starts.
 */
const ENVIRONMENT = { UV_THREADPOOL_SIZE: '16' }

/** Commands that run until they are asked to end. */
const SERVERS = new Set(['serve', 'collector', 'assembler', 'worker', 'archiver', 'alerter', 'scheduler', 'notary'])

/** A server gets a process with a heap of its shape; signals go to it, and its end is ours. */
function serve(cli, args) {
  const child = spawn(process.execPath, [...HEAP_FLAGS, ...process.execArgv, cli, ...args], { stdio: 'inherit', env: { ...ENVIRONMENT, ...process.env } })
  // A terminal sends Ctrl-C to both; a service manager only to us.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.on('SIGINT', () => {})
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128 + 9)))
}

/** Runs `watchkeeper ARGS`. */
export async function run(args) {
  setUp()
  const cli = join(ROOT, 'dist', 'services', 'cli.js')
  if (SERVERS.has(args[0]) && !args.includes('--help')) return serve(cli, args)
  process.argv = [process.argv[0], 'watchkeeper', ...args]
  await import(pathToFileURL(cli).href)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(process.argv.slice(2))
