import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { localWrapper } from './local-wrapper.ts'
import { openSealedOrders } from './sealed-orders.ts'

const folder = mkdtempSync(join(tmpdir(), 'wk-orders-'))
afterAll(() => rm(folder, { recursive: true, force: true }))
const wrapper = (byte: number) => async () => localWrapper(Buffer.alloc(32, byte), 'the file')
const ID = 'a'.repeat(32)

it('keeps orders sealed until they are destroyed', async () => {
  const orders = openSealedOrders(join(folder, 'one'), wrapper(1))
  expect([...(await orders.read())]).toEqual([])
  await orders.keep(ID, 'ann@example.org')
  await orders.keep(ID, 'ann@example.org and Ann')
  writeFileSync(join(folder, 'one', `.${'b'.repeat(32)}.new`), 'half of one')
  for (const name of readdirSync(join(folder, 'one'))) expect(readFileSync(join(folder, 'one', name)).includes('ann')).toBe(false)
  expect([...(await openSealedOrders(join(folder, 'one'), wrapper(1)).read())]).toEqual([[ID, 'ann@example.org and Ann']])
  await orders.destroy(ID)
  await orders.destroy(ID)
  expect([...(await orders.read())]).toEqual([])
})

it('does not open an order with another key of keys, nor one that was moved to another removal', async () => {
  const orders = openSealedOrders(join(folder, 'two'), wrapper(1))
  await orders.keep(ID, 'ann')
  await expect(openSealedOrders(join(folder, 'two'), wrapper(2)).read()).rejects.toMatchObject({ kind: 'misconfigured' })
  writeFileSync(join(folder, 'two', `${'c'.repeat(32)}.order`), readFileSync(join(folder, 'two', `${ID}.order`)))
  await expect(orders.read()).rejects.toThrow()
})
