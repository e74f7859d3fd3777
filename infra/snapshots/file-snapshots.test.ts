import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openFileSnapshots } from './file-snapshots.ts'
import { decodeSnapshot, encodeSnapshot } from './snapshot-file.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wk-snapshots-'))
})
afterEach(async () => {
  await chmod(directory, 0o700)
  await rm(directory, { recursive: true })
})

const snapshot = { version: 1, nextOffset: 2 ** 45, state: Buffer.from('state of a worker') }

test('a flipped bit anywhere and a cut anywhere is found', () => {
  const whole = encodeSnapshot(snapshot)
  expect(decodeSnapshot(whole)).toEqual(snapshot)
  for (let at = 0; at < whole.length; at++) {
    const flipped = Buffer.from(whole)
    flipped[at]! ^= 1 << (at % 8)
    expect(decodeSnapshot(flipped)).toBeUndefined()
    expect(decodeSnapshot(whole.subarray(0, at))).toBeUndefined()
  }
})

test('two files are kept; a draft of a crashed save is no snapshot', async () => {
  const snapshots = await openFileSnapshots(directory, () => undefined)
  for (let offset = 0; offset < 12; offset++) await snapshots.save('w', { ...snapshot, nextOffset: offset })
  expect((await readdir(directory)).sort()).toEqual(['w.11', 'w.12'])
  await writeFile(join(directory, 'w.draft'), (await readFile(join(directory, 'w.12'))).subarray(0, 20))
  expect((await snapshots.load('w'))?.nextOffset).toBe(11)
})

test('a draft is written over no link that somebody put in its place', async () => {
  const snapshots = await openFileSnapshots(directory, () => undefined)
  await writeFile(join(directory, 'other'), 'not ours')
  await symlink(join(directory, 'other'), join(directory, 'w.draft'))
  await snapshots.save('w', snapshot)
  expect([await readFile(join(directory, 'other'), 'utf8'), await snapshots.load('w')]).toEqual(['not ours', snapshot])
})

test('a damaged file is set aside, not deleted', async () => {
  const damaged: string[] = []
  const snapshots = await openFileSnapshots(directory, ({ file }) => damaged.push(file))
  await snapshots.save('w', snapshot)
  await writeFile(join(directory, 'w.1'), 'nonsense')
  expect(await snapshots.load('w')).toBeUndefined()
  expect(damaged).toEqual([join(directory, 'w.1.damaged')])
  expect(await readFile(damaged[0]!, 'utf8')).toBe('nonsense')
})

test('a directory that cannot be made is misconfigured, by name', async () => {
  await writeFile(join(directory, 'file'), '')
  await expect(openFileSnapshots(join(directory, 'file', 'sub'), () => undefined))
    .rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringContaining(join(directory, 'file', 'sub')) })
})

test('a save that fails is unavailable and leaves the one before', async () => {
  const snapshots = await openFileSnapshots(directory, () => undefined)
  await snapshots.save('w', snapshot)
  await mkdir(join(directory, 'w.draft'))
  await expect(snapshots.save('w', { ...snapshot, nextOffset: 7 })).rejects.toMatchObject({ kind: 'unavailable' })
  expect(await snapshots.load('w')).toEqual(snapshot)
})
