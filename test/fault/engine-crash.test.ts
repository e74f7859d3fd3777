/** A process with the engine in it that crashes ends, so that somebody starts it again: the engine's own handlers would keep it for minutes. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compile } from './compile.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-crash-'))
let script: { file: string; directory: string }
beforeAll(async () => {
  script = await compile('test/fault/crashing-engine.ts')
})
afterAll(() => {
  for (const each of [directory, script.directory]) rmSync(each, { recursive: true, force: true })
})

test.each(['SIGABRT', 'SIGSEGV', 'SIGBUS'])('%s ends it', (name) => {
  const { stdout, signal } = spawnSync(process.execPath, [script.file, join(directory, name), name], { encoding: 'utf8', timeout: 40_000, killSignal: 'SIGKILL' })
  expect([stdout, signal]).toEqual(['[1]\n[2]\n', name])
})
