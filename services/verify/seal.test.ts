import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { keyOf, makeLog, NAME, signerOf, sourceOf, verifierOfKey } from '../../test/verify/made-log.ts'
import { verifierKey } from '../../schemas/note.ts'
import { FIELD, PackedCursor } from '../../schemas/packed-record.ts'
import { openFolder } from './folder-source.ts'
import { writeFolder } from './folder-writer.ts'
import { ownLane } from './lanes.ts'
import { signManifest, UNSIGNED } from './seal.ts'
import { verify } from './verify.ts'

const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-seal-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const KEY = keyOf(11)
const log = makeLog({ seed: 11, partitions: 2, events: 60, every: 10 }, KEY)
log.gaps.push({ partition: 0, first: 1, next: 2, detail: 'lost', explained: '' })
const whole = join(folder, 'whole')
const contents = { log: NAME, keys: [verifierKey(signerOf(KEY).name, KEY)], madeBy: 'a test', madeAt: '2026-11-22T00:00:00Z' }

async function look(path: string, key = KEY) {
  return await verify({ source: await openFolder(path), trust: { verifiers: [verifierOfKey(key)], anchors: [] }, lanes: [ownLane()] })
}
const manifestOf = (path: string): string => join(path, 'manifest.json')
/** A copy that somebody changed. */
function altered(name: string, change: (path: string) => void): string {
  const path = join(folder, name)
  cpSync(whole, path, { recursive: true })
  change(path)
  return path
}

it('finds a manifest that is not the signed one, and says where there is no signature', async () => {
  await writeFolder(whole, { source: sourceOf({ ...log, gaps: [] }), signer: signerOf(KEY), ...contents })
  const sound = await look(whole)
  expect([sound.exit_code, sound.notes]).toEqual([0, [expect.stringContaining('No anchor was given')]])
  const scoped = (path: string): void => writeFileSync(manifestOf(path), readFileSync(manifestOf(path), 'utf8').replace('"tenants": null', '"tenants": ["tenant-0"]'))
  expect(await look(altered('scoped', scoped))).toMatchObject({ exit_code: 1, faults: expect.arrayContaining([expect.objectContaining({ kind: 'manifest-changed' })]) as unknown })
  const other = altered('other', (path) => writeFileSync(join(path, 'manifest.note'), signManifest('another', signerOf(KEY))))
  expect(await look(other)).toMatchObject({ exit_code: 1, faults: [{ kind: 'manifest-changed' }] })
  const stranger = altered('stranger', (path) => writeFileSync(join(path, 'manifest.note'), signManifest(readFileSync(manifestOf(path), 'utf8'), signerOf(keyOf(12)))))
  expect(await look(stranger)).toMatchObject({ exit_code: 3, integrity: 'unverifiable' })
  const torn = altered('torn', (path) => writeFileSync(join(path, 'manifest.note'), readFileSync(join(path, 'manifest.note'), 'utf8').slice(0, 100)))
  expect(await look(torn)).toMatchObject({ exit_code: 1 })
  const bare = altered('bare', (path) => rmSync(join(path, 'manifest.note')))
  expect(await look(bare)).toMatchObject({ exit_code: 0, notes: expect.arrayContaining([UNSIGNED]) as unknown })
})

it('finds a leaf that was given to another tenant, so that its row is not missed in evidence of one', async () => {
  const scoped = join(folder, 'of-one')
  const source = sourceOf(log)
  const first = (await source.pieces())[0]?.id
  await writeFolder(scoped, { source: { ...source, gaps: async () => [], tenants: ['tenant-0'], rows: (piece) => (piece.id === first ? ofTenant('tenant-0') : ofTenant('')) }, signer: signerOf(KEY), ...contents })
  expect(await look(scoped)).toMatchObject({ exit_code: 0, faults: [] })
  const file = join(scoped, 'leaves', '0-000000000000.bin')
  const bytes = readFileSync(file)
  bytes[bytes.indexOf('tenant-0') + 7]! ^= 1
  writeFileSync(file, bytes)
  expect(await look(scoped)).toMatchObject({ exit_code: 1, faults: expect.arrayContaining([expect.objectContaining({ kind: 'file-changed' })]) as unknown })
})

async function* ofTenant(tenant: string): AsyncGenerator<Buffer> {
  for (const row of log.rows) {
    const read = new PackedCursor(row)
    if (read.next() && read.text(FIELD.tenant) === tenant) yield row
  }
}

it('takes a checkpoint that the same key signed for no signature of a manifest', async () => {
  const note = log.checkpoints[0]?.note ?? ''
  const path = altered('checkpoint', (copy) => writeFileSync(join(copy, 'manifest.note'), note))
  expect((await look(path)).exit_code).not.toBe(0)
})

it('is not written from a log of which a removal took rows meanwhile', async () => {
  let asked = 0
  const source = { ...sourceOf(log), live: true, removals: async () => [{ id: 'e1', kind: 'erasure', detail: `${asked++ === 0 ? 'running' : 'done'}` }] }
  await expect(writeFolder(join(folder, 'moved'), { source, ...contents })).rejects.toMatchObject({ kind: 'unavailable', code: 'evidence.moved' })
})
