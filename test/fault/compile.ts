/** Compiles one script and what it imports to JavaScript, so that a test can run it as a process that may be killed or crash. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** `script` is relative to the repository. Answers the path of the made file; `directory` is to be removed by the caller. */
export async function compile(script: string): Promise<{ file: string; directory: string }> {
  // Inside node_modules, so that the made files find the packages.
  const parent = join(root, 'node_modules', '.cache')
  await mkdir(parent, { recursive: true })
  const directory = await mkdtemp(join(parent, 'fault-'))
  const compilerOptions = { incremental: false, noCheck: true, rootDir: root, outDir: directory, sourceMap: false }
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions, files: [join(root, script)], include: [] }
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(config))
  await writeFile(join(directory, 'package.json'), '{"type":"module"}')
  await promisify(execFile)(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(directory, 'tsconfig.json')])
  return { file: join(directory, script.replace(/\.ts$/, '.js')), directory }
}
