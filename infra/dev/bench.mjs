/** `npm run bench -- [NAME] [ARGUMENTS]`: runs `bench/NAME.ts` from the build, `ingest` where no name is given. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT, setUp } from './setup.mjs'

setUp()
const built = (name) => join(ROOT, 'dist', 'bench', `${name}.js`)
const { benchOf } = await import(pathToFileURL(built('benches')).href)
const { name, args } = benchOf(process.argv.slice(2))
process.argv = [process.argv[0], built(name), ...args]
await import(pathToFileURL(built(name)).href)
