/** `npm run eval -- [NAME…] [--data FOLDER]`: scores parts of Watchkeeper on labelled data; see `bench/eval/`. */
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { ROOT, setUp } from './setup.mjs'

setUp()
await import(pathToFileURL(join(ROOT, 'dist', 'bench', 'eval', 'main.js')).href)
