import { copyFileSync, existsSync, linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { followingWrapper } from './following-wrapper.ts'
import { KeyFolder, openLocalRing } from './key-folder.ts'
import { KeyRing } from './key-ring.ts'
import { localWrapper } from './local-wrapper.ts'
import { openWrapper, planRotation, retireMaster, rotateMaster, type Wrapped, wrapperIn } from './master-file.ts'
import { wrappedKeys } from './rewrapping.ts'
import { openSealedOrders, wrappedOrders } from './sealed-orders.ts'

const ID = 'a'.repeat(32)
let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wk-rotation-'))
  path = join(folder, 'master.key')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const ordersIn = () => openSealedOrders(join(folder, 'erasures'), async () => openWrapper(readFileSync(path), path))
const all = (): Wrapped[] => [wrappedKeys(new KeyFolder(folder)), wrappedOrders(join(folder, 'erasures'))]
const rotate = async (wrapped = all()) => rotateMaster(path, await planRotation(path), wrapped)

/** A ring with three keys, something sealed under each, and an order. */
async function sealedBefore(): Promise<Buffer[]> {
  const ring = await openLocalRing(folder, 1)
  const sealed: Buffer[] = []
  for (const now of [2, 3, 4]) {
    sealed.push(ring.seal(Buffer.from(`at ${now}`), 'x'))
    await ring.turn(now)
  }
  await ordersIn().keep(ID, 'ann')
  return sealed
}

async function opensAll(sealed: readonly Buffer[]): Promise<void> {
  const ring = await openLocalRing(folder, 9)
  expect(sealed.map((one) => ring.open(one, 'x').toString())).toEqual(['at 2', 'at 3', 'at 4'])
  expect(await ordersIn().read(ID)).toBe('ann')
}

it('puts another key of keys in the place of one, and nothing opens with the old one any more', async () => {
  const sealed = await sealedBefore()
  const old = readFileSync(path)
  const { from, to, rewrapped } = await rotate()
  expect([from, to === from, rewrapped]).toEqual([localWrapper(old, '').id, false, 5])
  await opensAll(sealed)
  for (const { wrapped } of (await new KeyFolder(folder).load()).keys) await expect(localWrapper(old, 'old').unwrap(wrapped)).rejects.toMatchObject({ code: 'sealing.master' })
  await expect(rotate()).rejects.toThrow(/keys retire/)
  expect(await retireMaster(path, all())).toMatchObject({ from, to, rewrapped: 0 })
  expect([existsSync(`${path}.next`), existsSync(`${path}.before`)]).toEqual([false, false])
  expect(await retireMaster(path, all())).toBeUndefined()
  await opensAll(sealed)
})

it('goes on wherever it was killed, and everything opens at each point', async () => {
  const sealed = await sealedBefore()
  const old = localWrapper(readFileSync(path), '').id
  for (let left = 0; left < 6; left++) {
    let until = left
    const dying = all().map((one): Wrapped => ({
      ...one,
      rewrap: (from, to) => one.rewrap(from, { ...to, wrap: (key) => (until-- > 0 ? to.wrap(key) : Promise.reject(new Error('killed'))) }),
      succeeded: () => Promise.reject(new Error('killed')),
    }))
    await expect(rotate(dying)).rejects.toThrow('killed')
    await opensAll(sealed)
  }
  // A process that starts in the middle makes a new key under the old one.
  await (await openLocalRing(folder, 10)).turn(10)
  // Between the second name of the old key and the first of the new one.
  linkSync(path, `${path}.before`)
  await expect(retireMaster(path, all())).rejects.toThrow(/keys rotate/)
  await opensAll(sealed)
  expect(await rotate()).toMatchObject({ from: old, rewrapped: 1 })
  await opensAll(sealed)
  // Another process that had the old key in memory made one more.
  const behind = localWrapper(readFileSync(`${path}.before`), '')
  await new KeyFolder(folder).add({ id: 'f'.repeat(16), madeAt: 1, wrapped: await behind.wrap(Buffer.alloc(32, 1)) })
  expect(await retireMaster(path, all())).toMatchObject({ rewrapped: 1 })
  await opensAll(sealed)
})

it('changes nothing where a key cannot be opened', async () => {
  await sealedBefore()
  await new KeyFolder(folder).add({ id: 'f'.repeat(16), madeAt: 1, wrapped: Buffer.alloc(60, 1) })
  const before = readFileSync(path)
  await expect(rotate()).rejects.toMatchObject({ kind: 'misconfigured', code: 'sealing.master' })
  expect(readFileSync(path).equals(before)).toBe(true)
})

/** Of several processes, as it is on Kafka: keys in a store that all have, each with a file of its own. */
it('takes up another key of keys while it runs, once that is in its file and in force', async () => {
  const store = new KeyFolder(folder)
  const [own, theirs] = [join(folder, 'own.master'), join(folder, 'theirs.master')]
  for (const file of [own, theirs]) writeFileSync(file, Buffer.alloc(32, 7))
  const old = localWrapper(readFileSync(own), own)
  let inForce = old.id
  const wrapper = followingWrapper(old, own, () => Promise.resolve(inForce))
  const ring = await KeyRing.open({ store, wrapper, shared: { staleMs: 1_000, elapsed: () => 0 } }, 1)
  const { to } = await rotateMaster(theirs, await planRotation(theirs), [wrappedKeys(store, async (_, next) => void (inForce = next.id))])
  const other = await KeyRing.open({ store, wrapper: (await wrapperIn(theirs))!, shared: { staleMs: 1_000, elapsed: () => 0 } }, 2)
  await other.turn(2)
  const sealed = other.seal(Buffer.from('new'), 'x')
  await expect(ring.sync()).rejects.toMatchObject({ code: 'sealing.master' })
  // What is not in force is not taken up, though it lies in the file.
  writeFileSync(own, Buffer.alloc(32, 9))
  await expect(ring.sync()).rejects.toMatchObject({ code: 'sealing.master' })
  expect(wrapper.id).toBe(old.id)
  copyFileSync(theirs, own)
  await ring.sync()
  expect([wrapper.id, ring.open(sealed, 'x').toString()]).toEqual([to, 'new'])
})

it('wraps with the key of keys that is in force by then', async () => {
  writeFileSync(path, Buffer.alloc(32, 7))
  const first = (await wrapperIn(path))!
  const next = localWrapper(Buffer.alloc(32, 8), path)
  const wrapper = followingWrapper(first, path, () => Promise.resolve(next.id))
  expect(await first.unwrap(await wrapper.wrap(Buffer.alloc(32, 1)))).toEqual(Buffer.alloc(32, 1))
  writeFileSync(path, Buffer.alloc(32, 8))
  expect(await next.unwrap(await wrapper.wrap(Buffer.alloc(32, 1)))).toEqual(Buffer.alloc(32, 1))
  rmSync(path)
  expect(await next.unwrap(await wrapper.wrap(Buffer.alloc(32, 1)))).toEqual(Buffer.alloc(32, 1))
})
