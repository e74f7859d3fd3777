import { existsSync, linkSync, mkdtempSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { KeyFolder, openLocalRing } from './key-folder.ts'
import { localWrapper } from './local-wrapper.ts'
import { openWrapper, planRotation, retireMaster, rotateMaster, type Wrapped } from './master-file.ts'
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
