/** Sets up what is missing, then runs the CLI in this process: `node infra/dev/start.mjs serve`. */
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ROOT, setUp } from './setup.mjs'

/** Runs `watchkeeper ARGS`. */
export async function run(args) {
  setUp()
  process.argv = [process.argv[0], 'watchkeeper', ...args]
  await import(pathToFileURL(join(ROOT, 'dist', 'services', 'cli.js')).href)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await run(process.argv.slice(2))
