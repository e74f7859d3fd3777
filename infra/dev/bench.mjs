/** `npm run bench -- [NAME] [OPTIONS]`: runs `bench/NAME.ts` from the build, `ingest` where no name is given. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT, setUp } from './setup.mjs'

setUp()
const given = process.argv.slice(2)
const named = given[0] !== undefined && !given[0].startsWith('-')
const name = named ? given[0] : 'ingest'
const args = named ? given.slice(1) : given
const file = join(ROOT, 'dist', 'bench', `${name}.js`)
if (!existsSync(file)) {
  console.error(`There is no bench named ${name}; see the files in bench/.`)
  process.exit(2)
}
process.argv = [process.argv[0], file, ...args]
await import(pathToFileURL(file).href)
