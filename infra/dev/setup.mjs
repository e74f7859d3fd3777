/** Set-up that every command does by itself: locked dependencies and a build, each only when something changed. Plain Node, no dependencies. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const SOURCES = ['schemas', 'detectors', 'services', 'infra', 'bench', 'test']
const ASSETS = /\.(sql|json|jsonl)$|\/pom\.xml$/

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 12)) return
  console.error(`Watchkeeper needs Node 20.12 or newer (26 is recommended); this is ${process.versions.node}.`)
  process.exit(2)
}

/** `said`: where its standard output goes; the compiler says there what is wrong. */
function step(what, command, args, said = 'ignore') {
  console.error(`watchkeeper: ${what} …`)
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', said, 'inherit'], env: { ...process.env, NODE_ENV: '' } })
  if (error === undefined && status === 0) return
  console.error(`watchkeeper: ${what} failed${error === undefined ? '' : `: ${error.message}`}; the lines above say why`)
  process.exit(1)
}

/** What a command left behind says what it was made of, so that the next one can tell whether it is still true. */
function upToDate(stamp, key) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === key
}

function installDependencies() {
  const lock = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json'))).update(process.version).digest('hex')
  const stamp = join(ROOT, 'node_modules', '.watchkeeper-installed')
  if (upToDate(stamp, lock)) return
  step('installing locked dependencies', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(stamp, lock)
}

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* files(path)
    else if (path.endsWith('.ts') || ASSETS.test(path)) yield path
  }
}

function sourceKey() {
  const hash = createHash('sha256')
  for (const path of [join(ROOT, 'tsconfig.json'), ...SOURCES.flatMap((folder) => [...files(join(ROOT, folder))].sort())]) {
    const { size, mtimeMs } = statSync(path)
    hash.update(`${relative(ROOT, path)}\0${size}\0${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

/** Compiles to `dist/` and copies what the compiler leaves out. */
export function build({ force = false } = {}) {
  const key = sourceKey()
  const stamp = join(ROOT, 'dist', '.built')
  if (!force && upToDate(stamp, key)) return
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true })
  rmSync(join(ROOT, 'node_modules', '.cache', 'tsbuildinfo'), { force: true })
  step('building', process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', ROOT], 2)
  for (const path of SOURCES.filter((folder) => folder !== 'test').flatMap((folder) => [...files(join(ROOT, folder))])) {
    if (!ASSETS.test(path)) continue
    const target = join(ROOT, 'dist', relative(ROOT, path))
    mkdirSync(dirname(target), { recursive: true })
    cpSync(path, target)
  }
  writeFileSync(stamp, key)
}

export function setUp() {
  checkNode()
  installDependencies()
  build()
}
