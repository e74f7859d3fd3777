import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { BENCHES, misplaced, usageOf } from './benches.ts'

it('names benches that are there, and says of each how it is started', () => {
  for (const name of BENCHES.keys()) {
    expect(existsSync(`bench/${name}.ts`), name).toBe(true)
    expect(usageOf(name)).toMatch(new RegExp(`^npm run bench -- ${name}( \\[.*\\])?\\n`))
    expect(usageOf()).toContain(`\n  ${name} `)
  }
  expect(usageOf('verify')).toMatch(/^npm run bench -- verify \[EVENTS \[THREADS \[all\|folder\]\]\]\n/)
})

it('has every bench that a page or a source names', () => {
  const files = ['docs', 'bench'].flatMap((folder) => readdirSync(folder).filter((name) => /\.(md|ts)$/.test(name) && !name.endsWith('.test.ts')).map((name) => `${folder}/${name}`))
  const named = files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/npm run bench -- ([a-z][a-z-]+)/g)].map((match) => match[1] ?? ''))
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((name) => !BENCHES.has(name))).toEqual([])
})

it('says which argument does not fit its place', () => {
  const takes = ['EVENTS', 'ACTORS|all', 'DIRECTORY']
  for (const right of [[], ['1000'], ['1000', '20'], ['1000', 'all', './data']]) expect(misplaced(right, takes), right.join(' ')).toBe('')
  expect(misplaced(['many'], takes)).toBe('"many" stands where EVENTS is expected.')
  expect(misplaced(['1000', 'some'], takes)).toBe('"some" stands where ACTORS|all is expected.')
  expect(misplaced(['1000', 'all', 'data', '5'], takes)).toBe('Not understood: "5".')
  expect(misplaced(['--rate'], takes)).toBe('Not understood: "--rate".')
})

/** What people start by npm, from the sources' build: exit code, and what it said first. */
function started(program: string, ...args: string[]): { readonly status: number | null; readonly said: string; readonly told: string } {
  const { status, stderr, stdout } = spawnSync(process.execPath, [`dist/${program}.js`, ...args], { encoding: 'utf8' })
  return { status, said: stderr, told: stdout }
}

const PROGRAMS = [['bench/ingest', 'npm run bench'], ['bench/otelcol', 'npm run bench'], ['bench/eval/main', 'npm run eval'], ['test/fault/large-form/run', 'npm run fault']] as const

it.each(PROGRAMS)('%s has a help text, and says what it does not understand', (program, usage) => {
  expect(started(program, '--help')).toEqual({ status: 0, said: '', told: expect.stringMatching(new RegExp(`^${usage} `)) })
  const refused = started(program, '--nonsense')
  expect(refused).toEqual({ status: 2, said: expect.stringMatching(new RegExp(`^Unknown option '--nonsense'[^]*\\n\\n${usage} `)), told: '' })
  expect(refused.said).not.toMatch(/\n {4}at /)
  expect(started(program, 'nonsense')).toMatchObject({ status: 2, told: '' })
})

it.each([['bench/ingest', '--rate'], ['bench/eval/main', '--seed'], ['test/fault/large-form/run', '--times']])('%s takes no %s that is no number', (program, option) => {
  const { status, said } = started(program, option, 'many')
  expect(said).toMatch(new RegExp(`^${option} takes a whole number, not "many"\\.\n\nnpm run `))
  expect(status).toBe(2)
})
