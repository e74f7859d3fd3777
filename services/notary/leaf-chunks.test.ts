import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ClickHouseStore, openStore } from '../../infra/clickhouse/store.ts'
import { leafHash, rootOf } from '../../schemas/merkle.ts'
import type { StoredLeaf } from '../../schemas/ports.ts'
import { CHUNK, readChunks } from './leaf-chunks.ts'
import { LogTree } from './log-tree.ts'

/** As many leaves as fill one chunk and most of the next. */
const COUNT = 2 * CHUNK - 1
const LEAF_FORMAT = '01'

let directory = ''
let store: ClickHouseStore
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wk-chunks-'))
  store = openStore({ directory, readers: 2 })
  await store.migrate()
})
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const hashOf = (eventId: string, recordHash: string): Buffer => leafHash(Buffer.from(LEAF_FORMAT + eventId + recordHash, 'hex'))

/** Leaves whose hashes, all of them, end with a byte of zero, and those hashes. */
function zeroEnding(): { readonly leaves: readonly StoredLeaf[]; readonly hashes: readonly Buffer[] } {
  const recordHash = 'ab'.repeat(32)
  const leaves: StoredLeaf[] = []
  const hashes: Buffer[] = []
  for (let number = 0; leaves.length < COUNT; number++) {
    const eventId = number.toString(16).padStart(32, '0')
    const own = hashOf(eventId, recordHash)
    if (own.at(-1) !== 0) continue
    hashes.push(own)
    leaves.push({ partition: 0, offset: 0, offsetIndex: leaves.length, head: { event_id: eventId, tenant: 'acme' }, hashes: Buffer.from(recordHash.padStart(128, '0'), 'latin1'), hashesAt: 0 })
  }
  return { leaves, hashes }
}

it('reads leaves to the byte, those too whose hashes end with zeros', async () => {
  const { leaves, hashes } = zeroEnding()
  await store.insertLeaves([{ first: 0, leaves }], 'leaves')
  const chunks = await readChunks(store, [{ partition: 0, chunk: 0 }])
  expect(chunks.map(({ leaves: read }) => read.map((leaf) => leaf.toString('hex')))).toEqual([hashes.slice(0, CHUNK), hashes.slice(CHUNK)].map((own) => own.map((leaf) => leaf.toString('hex'))))
  expect(chunks[0]?.root).toEqual(rootOf(hashes, 0, CHUNK))
  const tree = new LogTree()
  tree.take(chunks)
  expect([tree.size, tree.root().toString('hex')]).toEqual([COUNT, rootOf(hashes).toString('hex')])
})
