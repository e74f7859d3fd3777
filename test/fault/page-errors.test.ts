/**
 * Writes of pages of the log that fail, over which LMDB may write past its own memory, and commits that never end: the process recovers or ends by itself, and
 * the next start has everything that was acknowledged, once.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compile } from './compile.ts'
import type { ReadReport } from './log-reader.ts'
import { Attached, type CallFault, straceMissing } from './strace.ts'

const missing = straceMissing()
if (missing !== '') console.warn(`failing writes of pages are not tested: ${missing}`)

const directory = mkdtempSync(join(tmpdir(), 'wk-pages-'))
const scripts: { file: string; directory: string }[] = []
beforeAll(async () => {
  for (const name of ['page-errors-writer', 'log-reader']) scripts.push(await compile(`test/fault/${name}.ts`))
})
const running = new Set<ChildProcess>()
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  for (const each of [directory, ...scripts.map((script) => script.directory)]) rmSync(each, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly said: string
  readonly failed: number
  readonly taken: readonly number[]
  /** Codes. */
  readonly refused: readonly string[]
}

const FAULT_MS = 1_000
/** Far above what any of it needs: a process that is there then would be there for ever. */
const PATIENCE_MS = 50_000

interface Scene {
  readonly data: string
  readonly fault: Omit<CallFault, 'paths'>
  readonly args?: readonly string[]
  /** How long calls fail; undefined: until the process is dead. */
  readonly faultMs?: number | undefined
}

async function suffer({ data, fault, args = [], faultMs }: Scene): Promise<Ended> {
  const child = spawn(process.execPath, [scripts[0]!.file, data, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let [out, said] = ['', '']
  child.stderr.on('data', (text: Buffer) => { said += text.toString() })
  const ready = new Promise<void>((resolve) => child.stdout.on('data', (text: Buffer) => {
    out += text.toString()
    if (out.includes('ready\n')) resolve()
  }))
  const ended = once(child, 'close')
  await ready
  const attached = await Attached.to(child.pid!, { ...fault, paths: [join(data, 'log', 'data.mdb')] }, `${data}.txt`)
  if (faultMs !== undefined) await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, faultMs))])
  // strace keeps a thread that it delays, and with it the process that was killed.
  else await untilDead(child.pid!)
  const failedCalls = attached.lift()
  const late = setTimeout(() => {
    said += '\nit did not end'
    child.kill('SIGKILL')
  }, PATIENCE_MS)
  const [code, signal] = await ended as [number | null, NodeJS.Signals | null]
  clearTimeout(late)
  running.delete(child)
  const lines = out.split('\n').map((line) => line.split(' '))
  return {
    code, signal, said, failed: await failedCalls, taken: lines.filter(([word]) => word === 'taken').map(([, number]) => Number(number)),
    refused: lines.filter(([word]) => word === 'refused').map(([, , why = '']) => why),
  }
}

async function untilDead(pid: number): Promise<void> {
  const began = performance.now()
  while (!/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')) && performance.now() - began < PATIENCE_MS) await new Promise((resolve) => setTimeout(resolve, 50))
}

/** What a process of its own finds has everything that was taken, once, and takes more. */
function expectKept(data: string, taken: readonly number[]): void {
  const report = JSON.parse(execFileSync(process.execPath, [scripts[1]!.file, data], { encoding: 'utf8', maxBuffer: 2 ** 28 })) as ReadReport
  const counts = new Map<number, number>()
  for (const record of Object.values(report.envelopes).flatMap((records) => records.split(','))) {
    const [sender, number] = record.split(':')
    if (sender === 'w') counts.set(Number(number), (counts.get(Number(number)) ?? 0) + 1)
  }
  const sizeOf = (number: number): number => 1 + (number % 5) * 30
  expect(taken.filter((number) => counts.get(number) !== sizeOf(number))).toEqual([])
  // What was refused may be there in whole or in part, but never twice.
  expect([...counts].filter(([number, count]) => count > sizeOf(number))).toEqual([])
  expect([report.gaps, report.publish, report.notReady, report.refused]).toEqual([[], '', '', ''])
}

const FAULTS = [
  ['pwrite64', 'EIO', '1'], ['pwrite64', 'ENOSPC', '1..3'], ['pwrite64', 'EIO', '2+4'], ['pwrite64', 'EDQUOT', '1+'],
  ['writev', 'EIO', '1'], ['writev', 'ENOSPC', '2+4'], ['writev', 'EIO', '1+'],
] as const

describe.skipIf(missing !== '')('a log', () => {
  test.each(FAULTS)('whose %s fails with %s at %s recovers, or ends by itself, and has what it acknowledged', async (call, error, when) => {
    const data = join(directory, `${call}-${error}-${when}`)
    const { code, signal, said, failed, taken, refused } = await suffer({ data, fault: { calls: [call], error, when }, faultMs: FAULT_MS })
    expect(failed, said).toBeGreaterThan(0)
    expect(code === 0 || ['SIGABRT', 'SIGALRM', 'SIGSEGV'].includes(signal ?? ''), said).toBe(true)
    if (code === 0) expect(refused.length).toBeGreaterThan(0)
    for (const why of refused) expect(['log.not_written', 'log.disk_full', 'log.overrun']).toContain(why)
    expectKept(data, taken)
  }, 120_000)

  test('whose commit does not end refuses what waits and what comes, says so in one line, and ends by SIGALRM', async () => {
    const data = join(directory, 'stuck')
    const fault = { calls: ['fdatasync'], error: '', when: '5', delayMs: 600_000 }
    const { signal, said, taken, refused } = await suffer({ data, fault, args: ['3000'] })
    expect([signal, said.trim().split('\n').length], said).toEqual(['SIGALRM', 1])
    expect(JSON.parse(said)).toMatchObject({ level: 50, code: 'log.stuck', message: expect.stringMatching(/^ending without delay.*has not ended for 3 s.*the next start has it$/) })
    expect([refused.length > 4, new Set(refused)]).toEqual([true, new Set(['log.stuck'])])
    expectKept(data, taken)
  }, 120_000)

  test('whose commit holds up the event loop as well is ended by the watch on a thread of its own', async () => {
    const data = join(directory, 'blocked')
    const fault = { calls: ['fdatasync'], error: '', when: '5', delayMs: 600_000 }
    const { signal, said, taken } = await suffer({ data, fault, args: ['3000', 'block'] })
    expect([signal, said.trim().split('\n').length], said).toEqual(['SIGALRM', 1])
    expect(JSON.parse(said)).toMatchObject({ level: 60, code: 'log.stuck' })
    expectKept(data, taken)
  }, 120_000)
})
