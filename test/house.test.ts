/** The import rules of the house, and the habits that keep it easy to live in. Exceptions are listed by name with a reason. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = process.cwd()
const FOLDERS = ['schemas', 'detectors', 'services', 'infra', 'bench', 'test']
/** Files that may be longer than a reader likes. */
const LONG: Readonly<Record<string, string>> = {}
const LINES = 400

interface Source {
  readonly path: string
  readonly text: string
  /** Repository paths and package names that it imports. */
  readonly imports: readonly string[]
}

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    if (entry.isDirectory()) yield* walk(join(folder, entry.name))
    else if (entry.name.endsWith('.ts')) yield join(folder, entry.name)
  }
}

function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(/^(?:import|export)\s[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)/gm)].map((match) => {
    const target = match[1] ?? match[2] ?? match[3] ?? ''
    return target.startsWith('.') ? relative(ROOT, normalize(join(ROOT, dirname(path), target))) : target
  })
}

const sources: readonly Source[] = FOLDERS.flatMap((folder) => [...walk(folder)]).map((path) => {
  const text = readFileSync(join(ROOT, path), 'utf8')
  return { path, text, imports: importsOf(path, text) }
})
const isTest = ({ path }: Source): boolean => path.endsWith('.test.ts') || path.startsWith('test/')
const product = sources.filter((source) => !isTest(source) && !source.path.startsWith('bench/'))
const inside = (folder: string) => product.filter(({ path }) => path.startsWith(`${folder}/`))
const isLocal = (target: string): boolean => FOLDERS.some((folder) => target.startsWith(`${folder}/`))

/** `path → target` for every import that breaks the rule. */
const breaches = (from: readonly Source[], forbidden: (target: string, source: Source) => boolean): string[] =>
  from.flatMap((source) => source.imports.filter((target) => forbidden(target, source)).map((target) => `${source.path} → ${target}`))

/** Only these know everything: they wire. */
const WIRING = /^services\/(main|cli|doctor|detector-list|version)\.ts$|^services\/(commands|config|wiring)\//

describe('the house', () => {
  it('schemas know only schemas and their packages', () => {
    expect(breaches(inside('schemas'), (target) => isLocal(target) && !target.startsWith('schemas/'))).toEqual([])
  })

  it('detectors know schemas, and neither clock nor machine', () => {
    const allowed = /^(schemas|detectors)\//
    expect(breaches(inside('detectors'), (target) => (isLocal(target) ? !allowed.test(target) : target.startsWith('node:')))).toEqual([])
    expect(
      inside('detectors').filter(({ text }) => /\bDate\.now\(|\bnew Date\(\)|\bperformance\.|\bMath\.random\(/.test(text)).map(({ path }) => path),
    ).toEqual([])
  })

  it('services know ports, not technologies, and not each other', () => {
    const services = inside('services').filter(({ path }) => !WIRING.test(path))
    const own = (path: string) => path.split('/').slice(0, 2).join('/')
    expect(
      breaches(services, (target, source) => target.startsWith('infra/') || (target.startsWith('services/') && own(target) !== own(source.path))),
    ).toEqual([])
  })

  it('infra knows schemas, its own technology, and how files are kept', () => {
    const own = (path: string) => path.split('/').slice(0, 2).join('/')
    expect(
      breaches(inside('infra'), (target, source) => isLocal(target) && !target.startsWith('schemas/') && !target.startsWith('infra/durable-files/') && own(target) !== own(source.path)),
    ).toEqual([])
  })

  it('product code needs no package that only developers have', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: Readonly<Record<string, string>> }
    const packageOf = (target: string): string => target.split('/').slice(0, target.startsWith('@') ? 2 : 1).join('/')
    expect(breaches(product, (target) => !isLocal(target) && !target.startsWith('node:') && !(packageOf(target) in dependencies))).toEqual([])
  })

  it('has no cycle', () => {
    const graph = new Map(product.map(({ path, imports }) => [path, imports.filter(isLocal)]))
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      if (done.has(path) || trail.includes(path)) return
      for (const target of graph.get(path) ?? []) visit(target, [...trail, path])
      done.add(path)
    }
    for (const path of graph.keys()) visit(path, [])
    expect(cycles).toEqual([])
  })

  it('has no any, no switched-off types, no barrels, no catch-all folders', () => {
    const bad = /:\s*any\b|\bas any\b|<any>|@ts-ignore|@ts-nocheck|eslint-disable|^export \* from/m
    expect(sources.filter(({ text, path }) => bad.test(text) && path !== 'test/house.test.ts').map(({ path }) => path)).toEqual([])
    expect(sources.filter(({ path }) => /\/(utils?|helpers?|common)\//.test(path)).map(({ path }) => path)).toEqual([])
  })

  it(`has no product file above ${LINES} lines`, () => {
    expect(product.filter(({ path, text }) => text.split('\n').length > LINES && LONG[path] === undefined).map(({ path }) => path)).toEqual([])
  })

  it('names files in kebab case', () => {
    expect(sources.filter(({ path }) => !/^[a-z0-9/.-]+$/.test(path)).map(({ path }) => path)).toEqual([])
  })

  it('every detector folder has a rule, a test, a page and examples that fire and stay quiet', () => {
    const folders = readdirSync(join(ROOT, 'detectors'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)
    const detectors = folders.filter((name) => readdirSync(join(ROOT, 'detectors', name)).includes('detector.ts'))
    expect(detectors.length).toBeGreaterThanOrEqual(4)
    for (const name of detectors) {
      expect(readdirSync(join(ROOT, 'detectors', name)), name).toEqual(expect.arrayContaining([
        'rule.ts', 'detector.test.ts', 'README.md', 'examples',
      ]))
    }
  })

  it('locks dependencies without addresses', () => {
    expect(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved":\s*"http/)
  })
})
