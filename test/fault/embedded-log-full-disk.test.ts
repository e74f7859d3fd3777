import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmbeddedLog, openEmbeddedLog } from '../../infra/embedded-log/embedded-log.ts'
import { openFileSnapshots } from '../../infra/snapshots/file-snapshots.ts'
import type { Topic } from '../../schemas/topics.ts'
import { fillUp } from './fill-up.ts'

const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const topic: Topic<Buffer> = { name: 'blobs', codec: { encode: (records) => Buffer.concat(records), decode: (bytes) => [bytes] } }
const directory = mkdtempSync(join(tmpdir(), 'wk-full-'))
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', directory]).status === 0

let log: EmbeddedLog
beforeAll(async () => {
  if (!mounted) console.log('a small tmpfs cannot be mounted here: the full disk is not tested')
  log = await openEmbeddedLog({ directory, partitions: 1, clock })
})
afterAll(async () => {
  await log.close()
  if (mounted) spawnSync('umount', [directory])
  rmSync(directory, { recursive: true, force: true })
})

test.skipIf(!mounted)('a full disk refuses, keeps what was acknowledged, and takes more when there is room again', async () => {
  const taken: number[] = []
  const attempt = async (number: number): Promise<unknown> =>
    log.publish(topic, [{ key: 'k', record: Buffer.alloc(50_000, number & 255) }]).then(() => void taken.push(number), (error: unknown) => error)
  writeFileSync(join(directory, 'filler'), Buffer.alloc(8 << 20))
  let number = 0
  let refused: unknown
  while (refused === undefined) refused = await attempt(number++)
  expect(refused).toMatchObject({ kind: 'unavailable', code: 'log.disk_full', retryAfterSeconds: 2 })
  for (let again = 0; again < 5; again++) expect(await attempt(number++)).toMatchObject({ code: 'log.disk_full' })
  fillUp(join(directory, 'filler'))
  const snapshots = await openFileSnapshots(directory, () => undefined)
  await expect(snapshots.save('w', { version: 1, nextOffset: 1, state: Buffer.alloc(1 << 20) })).rejects.toMatchObject({ kind: 'unavailable' })

  rmSync(join(directory, 'filler'))
  for (let more = 0; more < 20; more++) expect(await attempt(number++)).toBeUndefined()
  await snapshots.save('w', { version: 1, nextOffset: 1, state: Buffer.alloc(1 << 20) })
  await log.close()
  log = await openEmbeddedLog({ directory, partitions: 1, clock })
  const read: number[] = []
  await new Promise<void>((resolve, reject) => {
    void log.subscribe(topic, {
      group: 'reader', gap: async (gap) => reject(new Error(JSON.stringify(gap))), failed: reject,
      handle: async (envelopes) => {
        read.push(...envelopes.map(({ records }) => records[0]![0]!))
        if (read.length === taken.length) resolve()
      },
    })
  })
  expect(read).toEqual(taken.map((each) => each & 255))
  expect(log.stats().damage.rebuilt).toBeUndefined()
})
