import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SubscribeOptions } from '../../schemas/ports.ts'
import type { Topic } from '../../schemas/topics.ts'
import { type EmbeddedLog, type EmbeddedLogOptions, openEmbeddedLog } from './embedded-log.ts'

const topic: Topic<Buffer> = { name: 'blobs', codec: { encode: (records) => Buffer.concat(records), decode: (bytes) => [bytes] } }
const blob = (fill: number, size = 5000) => [{ key: 'k', record: Buffer.alloc(size, fill) }]
const quiet = (group: string): SubscribeOptions<Buffer> => ({ group, handle: async () => undefined, gap: async () => undefined, failed: () => undefined })

let directory = ''
let logs: EmbeddedLog[] = []
let now = 1_000_000_000_000_000_000n
const open = async (more: Partial<EmbeddedLogOptions> = {}): Promise<EmbeddedLog> => {
  const log = await openEmbeddedLog({ directory, partitions: 1, clock: { now: () => now }, ...more })
  logs.push(log)
  return log
}
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wk-log-'))
  logs = []
  now = 1_000_000_000_000_000_000n
})
afterEach(async () => {
  for (const log of logs) await log.close()
  rmSync(directory, { recursive: true, force: true })
})

/** What a reader from the first offset gets of the retained envelopes: first bytes, and gaps. */
async function readAll(log: EmbeddedLog): Promise<{ fills: number[]; gaps: string[] }> {
  const fills: number[] = []
  const gaps: string[] = []
  await new Promise<void>((resolve, reject) => {
    let next = 0
    let end = Infinity
    const check = (): void => void (next >= end && resolve())
    void log.subscribe(topic, {
      group: 'everything',
      assigned: async () => 0,
      handle: async (envelopes) => {
        fills.push(...envelopes.map(({ records }) => records[0]![0]!))
        next = envelopes.at(-1)!.offset + 1
        check()
      },
      gap: async (gap) => {
        gaps.push(`${gap.first}-${gap.next} ${gap.cause}`)
        next = gap.next
        check()
      },
      failed: reject,
    }).then(async () => {
      end = (await log.lag()).find(({ group }) => group === 'everything')!.end
      check()
    }, reject)
  })
  return { fills, gaps }
}

describe('retention', () => {
  test('by size: the oldest groups go, also when nobody reads', async () => {
    const log = await open({ retention: { blobs: { bytes: 50_000, ageMs: 1e12 } } })
    for (let fill = 0; fill < 30; fill++) await log.publish(topic, blob(fill))
    expect(log.stats().storedBytes).toBeLessThan(70_000)
    const { fills, gaps } = await readAll(log)
    expect(fills.at(-1)).toBe(29)
    expect(gaps).toEqual([`0-${30 - fills.length} retention`])
  })

  test('by age, measured by the clock that was given', async () => {
    const log = await open({ retention: { blobs: { bytes: 1e12, ageMs: 1000 } } })
    await log.publish(topic, blob(1))
    now += 600_000_000n
    await log.publish(topic, blob(2))
    now += 600_000_000n
    await log.publish(topic, blob(3))
    expect(await readAll(log)).toEqual({ fills: [2, 3], gaps: ['0-1 retention'] })
  })

  test('what a registered group has not committed stays, also after a restart, and goes when it has', async () => {
    const retention = { blobs: { bytes: 0, ageMs: 0 } }
    const before = await open({ retention })
    const subscription = await before.subscribe(topic, { ...quiet('slow') })
    await subscription.stop()
    await before.close()
    const log = await open({ retention })
    for (let fill = 0; fill < 20; fill++) await log.publish(topic, blob(fill))
    expect(await log.lag()).toEqual([{ topic: 'blobs', group: 'slow', partition: 0, committed: 0, end: 20 }])
    const again = await log.subscribe(topic, quiet('slow'))
    await expect.poll(async () => again.commit(0, 15).then(() => true, () => false)).toBe(true)
    await log.publish(topic, blob(20))
    const { fills, gaps } = await readAll(log)
    expect(gaps).toEqual(['0-15 retention'])
    expect(fills).toEqual([15, 16, 17, 18, 19, 20])
  })

  test('at the hard limit publish is refused with a time to wait, and works again when there is room', async () => {
    const log = await open({ maxBytes: 100_000, retention: { blobs: { bytes: 1e12, ageMs: 1000 } } })
    let taken = 0
    const refused = await (async () => {
      for (;;) {
        await log.publish(topic, blob(taken))
        taken++
      }
    })().catch((error: unknown) => error)
    expect(refused).toMatchObject({ kind: 'unavailable', code: 'log.full', retryAfterSeconds: 2 })
    expect(taken).toBeGreaterThan(5)
    expect(log.stats()).toMatchObject({ refused: 1, notReady: '' })
    now += 2_000_000_000n
    await log.publish(topic, blob(99))
    expect((await readAll(log)).fills).toEqual([99])
  })

  test('a restart counts what is stored as it was counted before', async () => {
    const log = await open()
    for (let fill = 0; fill < 50; fill++) await log.publish(topic, blob(fill, 100 + fill * 400))
    const { storedBytes } = log.stats()
    await log.close()
    expect((await open()).stats().storedBytes).toBe(storedBytes)
  })
})

describe('opening', () => {
  test('a second opener of the same directory is refused, by name, in this process and in another', async () => {
    await open()
    await expect(open()).rejects.toMatchObject({ kind: 'misconfigured', code: 'log.locked', message: expect.stringContaining(directory) })
    await logs[0]!.close()
    await open()
  })

  test('the lock of a dead process is taken over', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', ''])
    writeFileSync(join(directory, 'log.lock'), `${(await import('node:os')).hostname()} ${pid} whenever:1`)
    await open()
    expect(readdirSync(directory).sort()).toEqual(['log', 'log.lock'])
  })

  test('a directory that is a file, or cannot be written, is misconfigured, by name', async () => {
    const file = join(directory, 'file')
    writeFileSync(file, '')
    await expect(open({ directory: join(file, 'sub') })).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringContaining(file) })
    if (process.getuid?.() === 0) return
    chmodSync(directory, 0o500)
    await expect(open()).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringContaining(directory) })
    chmodSync(directory, 0o700)
  })

  test('partitions can grow and not shrink', async () => {
    const log = await open({ partitions: { blobs: 2 } })
    await log.broadcast(topic, Buffer.from('x'))
    await log.close()
    await expect(open({ partitions: 1 })).rejects.toMatchObject({ kind: 'misconfigured', code: 'log.partitions' })
    const grown = await open({ partitions: 3 })
    await grown.broadcast(topic, Buffer.from('y'))
    await grown.subscribe(topic, quiet('a'))
    expect((await grown.lag()).map(({ end }) => end)).toEqual([2, 2, 1])
  })

  test('a rebuild that was cut off before its last step is finished, one cut off earlier starts again', async () => {
    const log = await open()
    await log.publish(topic, blob(7))
    await log.close()
    const { renameSync, cpSync } = await import('node:fs')
    renameSync(join(directory, 'log'), join(directory, 'log.rebuild'))
    const finished = await open()
    expect((await readAll(finished)).fills).toEqual([7])
    await finished.close()
    cpSync(join(directory, 'log'), join(directory, 'log.rebuild'), { recursive: true })
    expect((await readAll(await open())).fills).toEqual([7])
    expect(readdirSync(directory)).not.toContain('log.rebuild')
  })
})

test('readers at the tail get the very objects that were published; the cache is empty when all have passed', async () => {
  const log = await open()
  const got: Buffer[] = []
  let resolve = (): void => undefined
  const done = new Promise<void>((met) => { resolve = met })
  await log.subscribe(topic, {
    ...quiet('a'),
    handle: async (envelopes) => {
      got.push(...envelopes.flatMap(({ records }) => [...records]))
      if (got.length === 2) resolve()
    },
  })
  await log.publish(topic, [])
  const first = blob(1)
  const second = blob(2)
  // Assignment goes on in the background: what comes before it is read from disk.
  await expect.poll(async () => {
    await log.publish(topic, first)
    return got.length > 0
  }).toBe(true)
  got.length = 0
  await log.publish(topic, second)
  await log.publish(topic, first)
  await done
  expect(got[0]).toBe(second[0]!.record)
  expect(got[1]).toBe(first[0]!.record)
  await expect.poll(() => log.stats().tailBytes).toBe(0)
})

test('a publish whose codec throws is the caller’s error and leaves the log as it was', async () => {
  const log = await open()
  const broken = { ...topic, codec: { ...topic.codec, encode: () => { throw new RangeError('no such record') } } }
  await expect(log.publish(broken, blob(1))).rejects.toThrow('no such record')
  await log.publish(topic, blob(2))
  expect(await readAll(log)).toEqual({ fills: [2], gaps: [] })
})

test('close writes what was published before it', async () => {
  const log = await open()
  const published = Promise.all([1, 2, 3].map((fill) => log.publish(topic, blob(fill))))
  await log.close()
  await published
  expect((await readAll(await open())).fills).toEqual([1, 2, 3])
})
