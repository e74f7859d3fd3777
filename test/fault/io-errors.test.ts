/** Single writes, syncs and renames of log and snapshots that fail, at every place: what was acknowledged is there, once, and the next attempt succeeds. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import { compile } from './compile.ts'
import type { ReadReport } from './log-reader.ts'
import { type CallFault, injected, straced, straceMissing } from './strace.ts'

const missing = straceMissing()
if (missing !== '') console.warn(`failing writes and syncs are not tested: ${missing}`)

const TIMES = 12
const directory = mkdtempSync(join(tmpdir(), 'wk-io-'))
const scripts: { file: string; directory: string }[] = []
beforeAll(async () => {
  for (const name of ['io-errors-writer', 'log-reader']) scripts.push(await compile(`test/fault/${name}.ts`))
})
afterAll(() => {
  for (const each of [directory, ...scripts.map((script) => script.directory)]) rmSync(each, { recursive: true, force: true })
})

interface Written {
  readonly status: number | null
  readonly said: string
  /** Numbers by what became of them. */
  numbers(word: string): number[]
  readonly failed: number
}

function write(data: string, fault: CallFault): Written {
  const record = join(directory, 'strace.txt')
  const [command = '', ...args] = [...straced(fault, record), process.execPath, scripts[0]!.file, data]
  // One thread does all the work, so that positions are those of the process.
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, UV_THREADPOOL_SIZE: '1' } })
  const lines = stdout.split('\n').map((line) => line.split(' '))
  return { status, said: stderr, numbers: (word) => lines.filter(([first]) => first === word).map(([, number]) => Number(number)), failed: injected(record) }
}

/** What a process of its own finds: numbers in order, and the gaps. */
function read(data: string): { readonly numbers: number[]; readonly report: ReadReport } {
  const report = JSON.parse(execFileSync(process.execPath, [scripts[1]!.file, join(data, 'bus')], { encoding: 'utf8' })) as ReadReport
  const whole = Object.entries(report.envelopes).filter(([, records]) => !records.startsWith('after'))
  const numbers = whole.map(([, records]) => new Set(records.split(',').map((record) => Number(record.split(':')[1]))))
  expect(numbers.every(({ size }) => size === 1)).toBe(true)
  return { numbers: numbers.flatMap((each) => [...each]).sort((a, b) => a - b), report }
}

/** Of the first transactions: their only `pwrite64` is that of a meta page, and a failed write of pages far into a file is LMDB's own defect. */
const LOG_FAULTS = [['pwrite64', ['2', '3', '2..4']], ['writev', ['1', '2', '1..2']], ['fdatasync', ['1', '2', '5', '3..5']]] as const

describe.skipIf(missing !== '')('a log', () => {
  for (const [call, positions] of LOG_FAULTS) {
    for (const [number, when] of positions.entries()) {
      const error = number % 2 === 0 ? 'EIO' : 'ENOSPC'
      test(`whose ${call} ${when} fails with ${error} refuses that, and loses and doubles nothing`, async () => {
        const data = join(directory, `${call}-${when}`)
        const { status, said, numbers, failed } = write(data, { calls: [call], error, when, paths: [join(data, 'bus', 'log', 'data.mdb')] })
        expect([status, failed > 0], said).toEqual([0, true])
        const [taken, refused] = [numbers('taken'), numbers('refused')]
        expect(taken.length + refused.length).toBe(TIMES)
        // Each failed call costs one attempt at most.
        expect(refused.length).toBeGreaterThan(0)
        expect(refused.length).toBeLessThanOrEqual(failed)
        expect(taken).toContain(TIMES - 1)
        const { numbers: found, report } = read(data)
        expect(found.filter((each) => taken.includes(each))).toEqual(taken)
        expect(new Set(found).size).toBe(found.length)
        expect([report.gaps, report.rebuilt, report.publish, report.notReady]).toEqual([[], false, '', ''])
      })
    }
  }
})

const SNAPSHOT_FAULTS = [['write', '1'], ['write', '3..4'], ['rename', '1'], ['rename', '3..4'], ['fsync', '1'], ['fsync', '2']] as const

describe.skipIf(missing !== '')('a snapshot', () => {
  for (const [call, when] of SNAPSHOT_FAULTS) {
    test(`whose ${call} ${when} fails is not saved, the one before stays, and the next is saved`, async () => {
      const data = join(directory, `state-${call}-${when}`)
      const paths = [join(data, 'state'), join(data, 'state', 'w.draft')]
      const { status, said, numbers, failed } = write(data, { calls: [call], error: 'EIO', when, paths })
      expect([status, numbers('taken').length], said).toEqual([0, TIMES])
      expect(numbers('unsaved').length).toBe(failed)
      expect(failed).toBeGreaterThan(0)
      expect(numbers('saved')).toContain(TIMES - 1)
      const snapshots = await openFileSnapshots(join(data, 'state'), ({ file }) => { throw new Error(`damaged: ${file}`) })
      expect(await snapshots.load('w')).toEqual({ version: 1, nextOffset: TIMES - 1, state: Buffer.alloc(10_000, TIMES - 1) })
    })
  }
})
