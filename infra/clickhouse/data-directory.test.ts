import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openEngine } from './engine.ts'

it('names the process that holds the directory, and opens it once that has gone', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'wk-engine-'))
  const script = `const s = new (require('chdb').Session)(${JSON.stringify(directory)}); s.query('SELECT 1'); console.log('held'); process.stdin.resume()`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    await once(child.stdout, 'data')
    expect(() => openEngine({ directory, readers: 1 })).toThrow(`in use by process ${child.pid}`)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const engine = openEngine({ directory, readers: 1 })
  expect(String(await engine.read('SELECT 1'))).toBe('[1]\n')
  await engine.close()
  rmSync(directory, { recursive: true })
})
