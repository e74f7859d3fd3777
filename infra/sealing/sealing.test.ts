import { mkdtempSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { mkdir, rm, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exampleAuditEvent } from '../../schemas/audit-event.ts'
import type { Gap } from '../../schemas/ports.ts'
import { EventRecord, events } from '../../schemas/topics.ts'
import { filesWith } from '../../test/contract/files-with.ts'
import { openEmbeddedLog } from '../embedded-log/embedded-log.ts'
import { Forgetting } from './forgetting.ts'
import { framesOf, openFrame, sealPieces } from './frame.ts'
import { openLocalRing } from './key-folder.ts'
import { openFileSnapshots } from '../snapshots/file-snapshots.ts'
import { sealedBus, sealedTopic } from './sealed-bus.ts'
import { SealedSnapshots } from './sealed-snapshots.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wk-sealing-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const NAME = 'ursula.vandermeer-47@example.org'
const clock = { now: () => BigInt(Date.now()) * 1_000_000n }
const key = { id: Buffer.alloc(8, 1), key: Buffer.alloc(32, 2) }
const sealedFrame = (plain: Buffer): Buffer => Buffer.concat(sealPieces(key, plain, 'events'))

describe('sealed envelopes', () => {
  it('open as what was sealed, alone or behind each other', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 4 }), (parts) => {
      const sealed = Buffer.concat(parts.map((part) => sealedFrame(Buffer.from(part))))
      expect(framesOf(sealed).map((frame) => [...openFrame(frame, () => key.key, 'events')])).toEqual(parts.map((part) => [...part]))
    }))
  })

  it('give records that stay as they are when the bytes are used again, sealed or from before sealing, alone or behind each other', () => {
    const { codec } = sealedTopic(events, {
      seal: (plain, about) => Buffer.concat(sealPieces(key, plain, about)), sealPieces: (plain, about) => sealPieces(key, plain, about),
      open: (frame, about) => openFrame(frame, () => key.key, about),
    })
    expect(codec.copies).toBe(true)
    const records = (word: string): EventRecord[] => [EventRecord.of(Buffer.from(word)), EventRecord.tick(7n)]
    const envelopes = [
      codec.encode(records('one')), Buffer.concat([codec.encode(records('one')), codec.encode(records('two'))]), Buffer.from(events.codec.encode(records('one'))),
    ]
    const read = envelopes.map((bytes) => codec.decode(bytes))
    for (const bytes of envelopes) bytes.fill(0)
    const words = read.map((some) => some.map(({ bytes, tickAt }) => bytes?.toString() ?? String(tickAt)))
    expect(words).toEqual([['one', '7'], ['one', '7', 'two', '7'], ['one', '7']])
  })

  it('do not open with one bit changed, another topic, or without the key', () => {
    const sealed = sealedFrame(Buffer.from('hello'))
    fc.assert(fc.property(fc.integer({ min: 8, max: sealed.length * 8 - 1 }), (bit) => {
      const changed = Buffer.from(sealed)
      const byte = bit >> 3
      changed[byte] = (changed[byte] ?? 0) ^ (1 << (bit & 7))
      expect(() => framesOf(changed).map((frame) => openFrame(frame, (id) => (id === '0101010101010101' ? key.key : undefined), 'events'))).toThrow(RangeError)
    }))
    expect(() => openFrame(sealed, () => key.key, 'findings')).toThrow(RangeError)
    expect(() => openFrame(sealed, () => undefined, 'events')).toThrow(/is gone/)
  })
})

async function opened(now: () => number) {
  const log = await openEmbeddedLog({ directory: join(folder, 'bus'), partitions: 1, clock, tailCacheBytes: 0 })
  const ring = await openLocalRing(join(folder, 'keys'), now())
  return { log, ring, bus: sealedBus(log, ring, new Set()), forgetting: new Forgetting(ring, log, { readBackMs: 1_000, now }) }
}

/** Arguments of the events that come, or gaps, until there are `count`. */
async function read(bus: ReturnType<typeof sealedBus>, group: string, count: number): Promise<(string | Gap['cause'])[]> {
  const seen: (string | Gap['cause'])[] = []
  return new Promise((resolve, reject) => {
    const subscribed = bus.subscribe(events, {
      group,
      handle: async (envelopes) => {
        for (const { records } of envelopes) for (const record of records) seen.push(record.event?.arguments ?? 'no event')
        const last = envelopes.at(-1)
        if (last !== undefined) await (await subscribed).commit(last.partition, last.offset + 1)
        if (seen.length >= count) void subscribed.then((subscription) => subscription.stop()).then(() => resolve(seen), reject)
      },
      gap: async ({ cause, first, next }) => {
        for (let at = first; at < next; at++) seen.push(cause)
        if (seen.length >= count) void subscribed.then((subscription) => subscription.stop()).then(() => resolve(seen), reject)
      },
      failed: reject,
    })
  })
}

const publish = (bus: ReturnType<typeof sealedBus>, text: string): Promise<void> =>
  bus.publish(events, [{ key: 'k', record: EventRecord.together([{ ...exampleAuditEvent, arguments: text, attributes: new Map() }])[0] as EventRecord }])

it('keeps nothing readable in the files of the log, and forgets for good, also over a restart', { timeout: 30_000 }, async () => {
  let now = 1_000_000
  const first = await opened(() => now)
  await publish(first.log, 'before sealing')
  await publish(first.bus, `of ${NAME}`)
  expect(await read(first.bus, 'g', 2)).toEqual(['before sealing', `of ${NAME}`])
  expect(await read(first.bus, 'other', 2)).toHaveLength(2)
  expect(filesWith('before sealing', join(folder, 'bus')).length).toBeGreaterThan(0)
  expect(filesWith(NAME, folder)).toEqual([])
  await first.forgetting.forget()
  await publish(first.bus, 'after')
  expect(await first.forgetting.due()).toEqual([])
  await first.log.close()

  now += 1_001
  const second = await opened(() => now)
  // One reader is not past what is to be forgotten: then it is kept.
  expect(await read(second.bus, 'late', 3)).toEqual(['before sealing', `of ${NAME}`, 'after'])
  const [due] = await second.forgetting.due()
  expect(due?.keys.length).toBe(1)
  if (due !== undefined) await second.forgetting.destroy(due)
  expect(await read(second.bus, 'later', 3)).toEqual(['before sealing', 'undecodable', 'after'])
  await second.log.close()

  const third = await opened(() => now)
  expect(await read(third.bus, 'last', 3)).toEqual(['before sealing', 'undecodable', 'after'])
  expect(readdirSync(join(folder, 'keys')).filter((name) => name.endsWith('.key')).length).toBe(2)
  await third.log.close()
})

it('keeps states sealed, and seals them anew before a key is destroyed', async () => {
  const ring = await openLocalRing(join(folder, 'keys'), 1)
  const files = await openFileSnapshots(join(folder, 'state'), () => undefined)
  const snapshots = new SealedSnapshots(files, ring, (name) => name === 'open')
  const forgetting = new Forgetting(ring, { lag: async () => [] }, { readBackMs: 0, now: () => 5 })
  forgetting.beforeDestroying(() => snapshots.sealAnew())
  const state = Buffer.from(`state of ${NAME}`)
  await files.save('before', { version: 1, nextOffset: 3, state })
  expect(await snapshots.load('before')).toEqual({ version: 1, nextOffset: 3, state })
  for (const name of ['open', 'one', 'before', 'before']) await snapshots.save(name, { version: 1, nextOffset: 4, state })
  expect(filesWith(NAME, folder).every((path) => path.includes('open'))).toBe(true)
  await forgetting.forget()
  const [due] = await forgetting.due()
  if (due !== undefined) await forgetting.destroy(due)
  for (const name of ['one', 'before']) expect(await snapshots.load(name)).toEqual({ version: 1, nextOffset: 4, state })
  expect(await new SealedSnapshots(files, await openLocalRing(join(folder, 'other'), 1), () => false).load('one')).toBeUndefined()
})

const keyFiles = (): string[] => readdirSync(join(folder, 'keys')).filter((name) => name.endsWith('.key') && name !== 'master.key')

it('starts again where it was killed while a key was destroyed, and destroys the rest of it', async () => {
  const ring = await openLocalRing(join(folder, 'keys'), 1)
  const [old = ''] = keyFiles()
  const keys = await ring.turn(2)
  await ring.retire({ id: 'r', at: 3, keys, ends: [] })
  // Killed behind the overwriting: what is there is no key any more.
  renameSync(join(folder, 'keys', old), join(folder, 'keys', `.gone-${old}`))
  writeFileSync(join(folder, 'keys', `.gone-${old}`), Buffer.alloc(60, 7))
  const again = await openLocalRing(join(folder, 'keys'), 4)
  const [due] = again.retiring
  expect(due?.keys).toEqual(keys)
  if (due !== undefined) await again.destroy(due)
  expect(keyFiles()).toHaveLength(1)
  expect(again.retiring).toEqual([])
})

it('gives a key another name before it is overwritten: under its own a killed process leaves only whole keys', async () => {
  const ring = await openLocalRing(join(folder, 'keys'), 1)
  const [old = ''] = keyFiles()
  const keys = await ring.turn(2)
  const retirement = { id: 'r', at: 3, keys, ends: [] }
  await ring.retire(retirement)
  // What stands in the way stops it before anything was overwritten.
  await mkdir(join(folder, 'keys', `.gone-${old}`))
  await expect(ring.destroy(retirement)).rejects.toThrow()
  await expect(openLocalRing(join(folder, 'keys'), 4)).resolves.toBeDefined()
})

it('forgets no retirement that is written down while another ends', async () => {
  const ring = await openLocalRing(join(folder, 'keys'), 1)
  const first = { id: 'first', at: 3, keys: await ring.turn(2), ends: [] }
  await ring.retire(first)
  const second = { id: 'second', at: 9, keys: await ring.turn(5), ends: [] }
  await Promise.all([ring.destroy(first), ring.retire(second), ring.retire({ ...second, id: 'third', at: 10 })])
  expect((await openLocalRing(join(folder, 'keys'), 6)).retiring.map(({ at }) => at)).toEqual([9, 10])
})

it('takes retirements that cannot be read for no empty list: keys that are to be destroyed would be kept for good', async () => {
  await openLocalRing(join(folder, 'keys'), 1)
  await mkdir(join(folder, 'keys', 'retiring.json'))
  await expect(openLocalRing(join(folder, 'keys'), 2)).rejects.toThrow(/EISDIR/)
})

it('makes no new master key where there are keys under one that is gone', async () => {
  await openLocalRing(join(folder, 'keys'), 1)
  const path = join(folder, 'keys', 'master.key')
  await unlink(path)
  await expect(openLocalRing(join(folder, 'keys'), 2)).rejects.toThrow(/master.key is gone/)
  expect(readdirSync(join(folder, 'keys'))).not.toContain('master.key')
})
