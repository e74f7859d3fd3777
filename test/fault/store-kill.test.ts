/** An inserter that is killed again and again and repeats its unanswered batch: nothing is there twice, nothing is missing. */
import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blockDirectories, removeLeftovers } from '../../infra/clickhouse/block-files.ts'
import { openStore } from '../../infra/clickhouse/store.ts'
import { compile } from './compile.ts'
import { BATCH_ROWS, batchOf } from './store-batches.ts'

const KILLS = 8
let writer: { file: string; directory: string }
let directory = ''
beforeAll(async () => {
  writer = await compile('test/fault/store-writer.ts')
  await cp(
    fileURLToPath(new URL('../../infra/clickhouse/migrations', import.meta.url)), join(writer.directory, 'infra/clickhouse/migrations'),
    { recursive: true },
  )
  directory = await mkdtemp(join(tmpdir(), 'wk-store-kill-'))
})
afterAll(async () => {
  for (const each of [writer.directory, directory]) await rm(each, { recursive: true, force: true })
})

/** Runs a writer, kills it `afterMs` after its first answered batch, and says which batch was answered last. */
async function writeAndKill(from: number, afterMs: number): Promise<{ last: number; pid: number }> {
  const child = spawn(process.execPath, [writer.file, directory, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  let kill: Promise<void> | undefined
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString()
    kill ??= sleep(afterMs).then(() => void child.kill('SIGKILL'))
  })
  const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)))
  expect(signal).toBe('SIGKILL')
  return { last: Number(output.slice(0, output.lastIndexOf('\n')).split('\n').at(-1)), pid: child.pid ?? 0 }
}

test('kill -9 while blocks over several partitions are inserted', { timeout: 120_000 }, async () => {
  let next = 0
  const pids: number[] = []
  const delays = Array.from({ length: KILLS }, () => randomInt(0, 150))
  for (const delay of delays) {
    const { last, pid } = await writeAndKill(next, delay)
    expect(last, `delays ${delays.join(' ')}`).toBeGreaterThanOrEqual(next)
    next = last + 1
    pids.push(pid)
  }
  const store = openStore({ directory, readers: 1 })
  try {
    await store.migrate()
    for (let number = Math.max(0, next - 20); number <= next; number++) {
      const { events, token } = batchOf(number)
      await store.insertEvents(events, token)
    }
    const sql = 'SELECT count() AS rows, uniqExact(event_id) AS ids, uniqExact(offset) AS batches, max(offset) AS last FROM watchkeeper.audit_events'
    const [found] = await store.query(sql)
    const all = BigInt((next + 1) * BATCH_ROWS)
    expect({ ...found }, `delays ${delays.join(' ')}`).toEqual({ rows: all, ids: all, batches: BigInt(next + 1), last: BigInt(next) })
  } finally {
    await store.close()
  }
  removeLeftovers(blockDirectories())
  const left = (await Promise.all(blockDirectories().map((place) => readdir(place)))).flat()
  expect(left.filter((name) => pids.some((pid) => name.startsWith(`watchkeeper-block-${pid}-`)))).toEqual([])
})
