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
  expect(await orders.list()).toEqual([])
  await orders.keep(ID, 'ann@example.org')
  await orders.keep(ID, 'ann@example.org and Ann')
  writeFileSync(join(folder, 'one', `.${'b'.repeat(32)}.new`), 'half of one')
  for (const name of readdirSync(join(folder, 'one'))) expect(readFileSync(join(folder, 'one', name)).includes('ann')).toBe(false)
  const again = openSealedOrders(join(folder, 'one'), wrapper(1))
  expect([await again.list(), await again.read(ID)]).toEqual([[ID], 'ann@example.org and Ann'])
  await orders.destroy(ID)
  await orders.destroy(ID)
  expect([await orders.list(), await orders.read(ID)]).toEqual([[], undefined])
})

it('does not open an order with another key of keys, nor one that was moved to another removal', async () => {
  const orders = openSealedOrders(join(folder, 'two'), wrapper(1))
  await orders.keep(ID, 'ann')
  await expect(openSealedOrders(join(folder, 'two'), wrapper(2)).read(ID)).rejects.toMatchObject({ kind: 'misconfigured' })
  writeFileSync(join(folder, 'two', `${'c'.repeat(32)}.order`), readFileSync(join(folder, 'two', `${ID}.order`)))
  await expect(orders.read('c'.repeat(32))).rejects.toThrow(/ccc\.order is damaged/)
  writeFileSync(join(folder, 'two', `${'d'.repeat(32)}.order`), '')
  await expect(orders.read('d'.repeat(32))).rejects.toMatchObject({ kind: 'misconfigured' })
  expect(await orders.read(ID)).toBe('ann')
})
