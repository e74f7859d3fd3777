import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LmdbStore } from './lmdb-store.ts'
import { brokenTree } from './tree-check.ts'

const keyOf = (number: number): Buffer => {
  const key = Buffer.alloc(30, 7)
  key.writeUInt32BE(number, 20)
  return key
}

test('a file that LMDB wrote is never called broken, whatever was put, replaced and removed', { timeout: 120_000 }, async () => {
  const transaction = fc.record({
    puts: fc.array(fc.tuple(fc.nat(400), fc.oneof(fc.nat(300), fc.nat(20_000))), { maxLength: 60 }),
    removes: fc.array(fc.nat(400), { maxLength: 60 }),
  })
  await fc.assert(fc.asyncProperty(fc.array(transaction, { minLength: 1, maxLength: 30 }), fc.nat(29), async (transactions, reopenAt) => {
    const directory = mkdtempSync(join(tmpdir(), 'wk-tree-'))
    const path = join(directory, 'log')
    let store = LmdbStore.open(path, 1 << 30)
    try {
      for (const [at, { puts, removes }] of transactions.entries()) {
        const values = puts.map(([number, size]) => ({ key: keyOf(number), value: Buffer.alloc(size + 1, at) }))
        await store.write({ puts: values, removes: removes.map(keyOf) })
        expect(brokenTree(join(path, 'data.mdb'))).toBeUndefined()
        if (at !== reopenAt) continue
        await store.close()
        store = LmdbStore.open(path, 1 << 30)
      }
    } finally {
      await store.close()
      rmSync(directory, { recursive: true })
    }
  }), { numRuns: 30 })
})
