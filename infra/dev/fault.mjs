/** `npm run fault [-- --short] [--only NAME,NAME] [--seed N] [--times N]`: the table of promises about faults, measured on this machine. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT, setUp } from './setup.mjs'

setUp()
process.chdir(ROOT)
const file = join(ROOT, 'dist', 'test', 'fault', 'large-form', 'run.js')
process.argv = [process.argv[0], file, ...process.argv.slice(2)]
await import(pathToFileURL(file).href)
