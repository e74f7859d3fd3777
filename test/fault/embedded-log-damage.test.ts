import { execFile } from 'node:child_process'
import { cp, mkdtemp, open, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { compile } from './compile.ts'
import { killTopic } from './kill-topic.ts'
import type { ReadReport } from './log-reader.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const ROUNDS = Number(process.env['ROUNDS'] ?? 60)

let reader: { file: string; directory: string }
let directory = ''
let whole: ReadReport
beforeAll(async () => {
  reader = await compile('test/fault/log-reader.ts')
  directory = await mkdtemp(join(tmpdir(), 'wk-damage-'))
  await writeLog(join(directory, 'whole'))
  await cp(join(directory, 'whole'), join(directory, 'read'), { recursive: true })
  whole = (await readLogs([join(directory, 'read')]))[0]!
  expect(whole).toMatchObject({ gaps: [], publish: '', rebuilt: false })
})
afterAll(async () => {
  for (const each of [reader.directory, directory]) await rm(each, { recursive: true, force: true })
})

/** A small log with everything in it: small and large envelopes, commits, groups that retention took, so pages that are free. */
async function writeLog(path: string): Promise<void> {
  const log = await openEmbeddedLog({ directory: path, partitions: 4, clock, retention: { other: { bytes: 20_000, ageMs: 1e9 } } })
  const other = { ...killTopic, name: 'other' }
  const quiet = { handle: async () => undefined, gap: async () => undefined, failed: () => undefined }
  const subscription = await log.subscribe(killTopic, { group: 'reader', ...quiet })
  for (let number = 0; number < 150; number++) {
    const size = 1 + (number * 7) % 30
    const senders = Array.from({ length: size }, (_, at) => `sender-${(number + at) % 9}`)
    await log.publish(killTopic, senders.map((sender) => ({ key: sender, record: { sender, number } })))
    await log.publish(other, [{ key: 'k', record: { sender: 'x', number } }])
  }
  await subscription.stop()
  await log.close()
}

async function readLogs(directories: readonly string[]): Promise<ReadReport[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [reader.file, ...directories], { maxBuffer: 1 << 28 })
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as ReadReport)
}

let state = seed
const random = (below: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

async function damagedCopies(count: number, spoil: (data: string, size: number) => Promise<string>): Promise<{ path: string; how: string }[]> {
  const copies: { path: string; how: string }[] = []
  for (let at = 0; at < count; at++) {
    const path = join(directory, `copy-${at}`)
    await rm(path, { recursive: true, force: true })
    await cp(join(directory, 'whole'), path, { recursive: true })
    const data = join(path, 'log', 'data.mdb')
    copies.push({ path, how: await spoil(data, (await stat(data)).size) })
  }
  return copies
}

/** Every offset is either delivered as it was or named in a gap; nothing is made up. */
function lost(report: ReadReport, how: string): number {
  let missing = 0
  for (const [place, content] of Object.entries(whole.envelopes)) {
    const [partition, offset] = place.split('/').map(Number) as [number, number]
    if (content.startsWith('after')) continue
    const delivered = report.envelopes[place]
    if (delivered === undefined) {
      missing++
      const named = report.gaps.some((gap) => gap.partition === partition && offset >= gap.first && offset < gap.next)
      expect(named, `${how}: ${place} is neither delivered nor named`).toBe(true)
    } else {
      expect(delivered, `${how}: ${place}`).toBe(content)
    }
  }
  return missing
}

async function expectServed(copies: readonly { path: string; how: string }[], mostLost: number): Promise<ReadReport[]> {
  const reports = await readLogs(copies.map(({ path }) => path))
  expect(reports.length).toBe(copies.length)
  for (const [at, report] of reports.entries()) {
    const { how } = copies[at]!
    expect(report.refused ?? '', how).toBe('')
    expect(report.openMs, how).toBeLessThan(5000)
    expect(report.publish, how).toBe('')
    expect(report.notReady, how).toBe('')
    expect(lost(report, how), how).toBeLessThanOrEqual(mostLost)
  }
  return reports
}

test('a flipped bit anywhere costs at most the envelope it lies in, and is named', { timeout: 300_000 }, async () => {
  console.log(`seed ${seed}`)
  const copies = await damagedCopies(ROUNDS, async (data, size) => {
    const place = random(size)
    const file = await open(data, 'r+')
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, place)
    const mask = 1 << random(8)
    await file.write(Buffer.from([byte[0]! ^ mask]), 0, 1, place)
    await file.close()
    return `seed ${seed}: byte ${place} of ${size} xor ${mask}`
  })
  const reports = await expectServed(copies, 1)
  // Most of the file is payload: had none of it been hit, the flips would have gone nowhere.
  expect(reports.some(({ gaps }) => gaps.some(({ cause }) => cause === 'damaged'))).toBe(true)
})

test('a page of zeros or noise costs what lay in it, and is named', { timeout: 300_000 }, async () => {
  const copies = await damagedCopies(ROUNDS / 2, async (data, size) => {
    const page = random(size / 4096)
    const file = await open(data, 'r+')
    await file.write(Buffer.from(Array.from({ length: 4096 }, () => (page % 2 === 0 ? 0 : random(256)))), 0, 4096, page * 4096)
    await file.close()
    return `seed ${seed}: page ${page} of ${size / 4096}`
  })
  await expectServed(copies, 20)
})

test('a file cut anywhere is served as far as it goes', { timeout: 300_000 }, async () => {
  const copies = await damagedCopies(ROUNDS / 4, async (data, size) => {
    const length = random(size)
    await truncate(data, length)
    return `seed ${seed}: cut to ${length} of ${size}`
  })
  await expectServed(copies, Infinity)
})
