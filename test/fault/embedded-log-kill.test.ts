import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { compile } from './compile.ts'
import { killTopic, type Sent } from './kill-topic.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
let writer: { file: string; directory: string }
let directory = ''
beforeAll(async () => {
  writer = await compile('test/fault/log-writer.ts')
  directory = await mkdtemp(join(tmpdir(), 'wk-kill-'))
})
afterAll(async () => {
  for (const each of [writer.directory, directory]) await rm(each, { recursive: true, force: true })
})

/** Runs a writer and kills it `afterMs` after its first acknowledgement. Answers what was acknowledged: next number by sender. */
async function writeAndKill(run: number, afterMs: number): Promise<Map<string, number>> {
  const child = spawn(process.execPath, [writer.file, directory, String(run)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  let kill: Promise<void> | undefined
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString()
    kill ??= sleep(afterMs).then(() => void child.kill('SIGKILL'))
  })
  const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)))
  expect(signal).toBe('SIGKILL')
  // A last line without its end was not written whole: that acknowledgement was not seen.
  const lines = output.slice(0, output.lastIndexOf('\n')).split('\n').map((line) => line.split(' '))
  return new Map(lines.map(([sender, , next]) => [sender!, Number(next)]))
}

async function readAll(): Promise<Sent[]> {
  const log = await openEmbeddedLog({ directory, partitions: 4, clock, tailCacheBytes: 0 })
  try {
    const quiet = { assigned: async () => 0, handle: async () => undefined, gap: async () => undefined, failed: () => undefined }
    const probe = await log.subscribe(killTopic, { group: 'probe', ...quiet })
    await probe.stop()
    const ends = (await log.lag()).filter(({ group }) => group === 'probe').reduce((sum, { end }) => sum + end, 0)
    const found: Sent[] = []
    await new Promise<void>((resolve, reject) => {
      let envelopes = 0
      void log.subscribe(killTopic, {
        group: 'reader', assigned: async () => 0, gap: async (gap) => reject(new Error(`gap ${JSON.stringify(gap)}`)), failed: reject,
        handle: async (delivered) => {
          for (const { records } of delivered) found.push(...records)
          envelopes += delivered.length
          if (envelopes === ends) resolve()
        },
      })
    })
    expect(log.stats().damage).toMatchObject({ rebuilt: undefined, groupRecords: 0, commitRecords: 0 })
    return found
  } finally {
    await log.close()
  }
}

test('what was acknowledged before a SIGKILL is there, once and in order', { timeout: 120_000 }, async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
  console.log(`seed ${seed}`)
  const acknowledged = new Map<string, number>()
  let state = seed
  for (let run = 0; run < Number(process.env['KILLS'] ?? 5); run++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    for (const [sender, next] of await writeAndKill(run, 20 + (state >>> 8) % 400)) acknowledged.set(sender, next)
    const next = new Map<string, number>()
    for (const { sender, number } of await readAll()) {
      expect(number, `${sender} after ${next.get(sender)}`).toBe(next.get(sender) ?? 0)
      next.set(sender, number + 1)
    }
    for (const [sender, until] of acknowledged) expect(next.get(sender), sender).toBeGreaterThanOrEqual(until)
  }
  expect(acknowledged.size).toBeGreaterThan(8)
})
