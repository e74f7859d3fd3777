/** A write that the system takes only in part, while the disk has room: a limit on the size of files, put on the process and lifted while it runs. And a sync that fails. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { compile } from './compile.ts'
import { killTopic } from './kill-topic.ts'

/** Not a multiple of the page size, so that the last page is cut in two: a short write, no error. */
const LIMIT = 6 * 1024 * 1024 + 2048
const PRLIMIT = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0
const COMPILER = process.platform === 'linux' && spawnSync('gcc', ['--version']).status === 0
const directory = mkdtempSync(join(tmpdir(), 'wk-short-'))
let script: { file: string; directory: string }
let child: ChildProcess | undefined

beforeAll(async () => {
  if (!PRLIMIT) console.warn('short writes are not tested: there is no prlimit here')
  if (!COMPILER) console.warn('a failed sync is not tested: there is no gcc here')
  script = await compile('test/fault/log-until-refused.ts')
})
afterAll(() => {
  child?.kill('SIGKILL')
  for (const each of [script.directory, directory]) rmSync(each, { recursive: true, force: true })
})

interface Writer {
  readonly process: ChildProcess
  say(line: string): Promise<string>
}

async function start(data: string, env: Record<string, string> = {}): Promise<Writer> {
  const made = spawn(process.execPath, [script.file, join(directory, data)], { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, ...env } })
  child = made
  const lines = createInterface(made.stdout!)[Symbol.asyncIterator]()
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next() as IteratorResult<string, undefined>
    if (done === true) throw new Error(`the writer ended with ${made.exitCode ?? made.signalCode}`)
    return value
  }
  expect(await next()).toBe('open')
  return {
    process: made,
    say(line) {
      made.stdin?.write(`${line}\n`)
      return next()
    },
  }
}

async function end({ process: made }: Writer): Promise<void> {
  made.stdin?.end()
  if (made.exitCode === null) await once(made, 'exit')
  expect(made.exitCode).toBe(0)
}

test.skipIf(!PRLIMIT)('a short write is refused, and what comes when there is room is taken', async () => {
  const limit = (size: string, { process: { pid } }: Writer) => execFileSync('prlimit', [`--pid=${pid}`, `--fsize=${size}`])
  const writer = await start('limited')
  limit(`${LIMIT}:`, writer)
  const [code, taken] = (await writer.say('until refused')).split(' ')
  expect([code, Number(taken) > 10]).toEqual(['log.not_written', true])
  for (let again = 0; again < 3; again++) expect(await writer.say('')).toBe(`log.not_written ${taken}`)
  limit('unlimited:', writer)
  for (let more = 1; more < 20; more++) expect(await writer.say('')).toBe(`taken ${Number(taken) + more}`)
  await end(writer)
})

describe.skipIf(!COMPILER)('a sync that fails', () => {
  const library = join(directory, 'fail-sync.so')
  const flag = join(directory, 'fail-now')
  beforeAll(() => {
    const source = join(directory, 'fail-sync.c')
    writeFileSync(source, [
      '#include <errno.h>', '#include <stdlib.h>', '#include <unistd.h>', '#include <sys/syscall.h>',
      'static int fails(const char *name) { return getenv(name) != 0 && access(getenv(name), F_OK) == 0; }',
      'int fdatasync(int fd) {',
      '  if (fails("FAIL_NOW")) { errno = EIO; return -1; }',
      '  return syscall(SYS_fdatasync, fd);',
      '}',
      '// A meta page is the only write of 128 bytes: LMDB writes the new one, hears that it failed, and writes the old one.',
      'ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) {',
      '  static int calls;',
      '  int fail = length == 128 && fails("FAIL_META");',
      '  ssize_t written = fail && calls++ % 2 == 1 ? -1 : syscall(SYS_pwrite64, fd, bytes, length, at);',
      '  if (fail) { errno = EIO; return -1; }',
      '  return written;',
      '}', '',
    ].join('\n'))
    execFileSync('gcc', ['-shared', '-fPIC', '-o', library, source])
  })

  test('of a meta page that is on disk nonetheless keeps what was refused, once', async () => {
    const writer = await start('landed', { LD_PRELOAD: library, FAIL_META: flag })
    expect(await writer.say('')).toBe('taken 1')
    writeFileSync(flag, '')
    for (let again = 0; again < 2; again++) expect(await writer.say('')).toBe('log.not_written 1')
    rmSync(flag)
    for (let more = 2; more < 6; more++) expect(await writer.say('')).toBe(`taken ${more}`)
    await end(writer)
    const log = await openEmbeddedLog({ directory: join(directory, 'landed'), partitions: 1, clock: { now: () => 1n } })
    const read: number[] = []
    await new Promise<void>((resolve, reject) => void log.subscribe(killTopic, {
      group: 'reader', assigned: async () => 0, gap: async (gap) => reject(new Error(JSON.stringify(gap))), failed: reject,
      handle: async (envelopes) => {
        for (const { records } of envelopes) read.push(records[0]!.number)
        if (read.at(-1) === 4) resolve()
      },
    }))
    await log.close()
    // Number 1 was refused twice and then taken.
    expect(read).toEqual([0, 1, 1, 1, 2, 3, 4])
  })

  test('is refused for as long as it fails, loses nothing that was acknowledged, and is over by itself', async () => {
    const env = { LD_PRELOAD: library, FAIL_NOW: flag }
    const first = await start('unsynced', env)
    expect(await first.say('')).toBe('taken 1')
    writeFileSync(flag, '')
    for (let again = 0; again < 3; again++) expect(await first.say('')).toBe('log.not_written 1')
    rmSync(flag)
    for (let more = 2; more < 10; more++) expect(await first.say('')).toBe(`taken ${more}`)
    await end(first)
    const second = await start('unsynced', env)
    expect(await second.say('')).toBe('taken 1')
    await end(second)
  })
})
