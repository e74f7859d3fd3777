/** A part whose files were cut off, as a full disk leaves it behind an insert that was called done. test/fault/full-disk.test.ts fills a real one. */
import { mkdtempSync } from 'node:fs'
import { rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Engine, openEngine } from './engine.ts'
import { LittleRoom, ROOM } from './little-room.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-room-'))
let engine: Engine
const ALWAYS = { checkBelow: Infinity, mergesStopBelow: 0, mergesGoOnAbove: 0 }
const insert = (from: number, token: string) => () =>
  engine.write(`INSERT INTO watchkeeper.t SETTINGS insert_deduplication_token = '${token}', deduplicate_insert = 'enable' SELECT number + ${from} FROM numbers(100)`)
const rows = async (sql: string): Promise<unknown[][]> => String(await engine.read(sql)).trim().split('\n').map((line) => JSON.parse(line) as unknown[])
const newest = async (): Promise<string> => String((await rows("SELECT path FROM system.parts WHERE table = 't' AND active ORDER BY name DESC LIMIT 1"))[0]?.[0])

beforeAll(async () => {
  engine = openEngine({ directory, readers: 1 })
  await engine.write('CREATE DATABASE watchkeeper')
  await engine.write('CREATE TABLE watchkeeper.t (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 100')
})
afterAll(async () => {
  await engine.close()
  await rm(directory, { recursive: true, force: true })
})

it('an insert whose part was cut off does not count, and can come again under its token', async () => {
  const room = new LittleRoom(engine, ALWAYS)
  await room.insert('t', insert(0, 'a'))
  const cut = async () => {
    await insert(100, 'b')()
    await truncate(join(await newest(), 'data.cmrk4'), 0)
  }
  await expect(room.insert('t', cut)).rejects.toMatchObject({ code: 243 })
  expect(await rows('SELECT count() FROM watchkeeper.t')).toEqual([[100]])
  await room.insert('t', insert(100, 'b'))
  await room.insert('t', insert(100, 'b'))
  expect(await rows('SELECT count(), uniqExact(n) FROM watchkeeper.t')).toEqual([[200, 200]])
})

it('one insert never judges the part of another into the same table', async () => {
  const room = new LittleRoom(engine, ALWAYS)
  const cut = async () => {
    await insert(300, 'd')()
    await truncate(join(await newest(), 'data.cmrk4'), 0)
  }
  const told = await Promise.allSettled([room.insert('t', insert(200, 'c')), room.insert('t', cut), room.insert('t', insert(400, 'e'))])
  expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

it('merges rest while there is next to no room, and go on behind it', async () => {
  const said: string[] = []
  const spy = { directory, read: engine.read.bind(engine), write: (sql: string) => (said.push(sql), Promise.resolve(Buffer.alloc(0))) }
  const nothing = () => Promise.resolve()
  const none = new LittleRoom(spy, { checkBelow: 0, mergesStopBelow: Infinity, mergesGoOnAbove: Infinity })
  await none.insert('t', nothing)
  await none.insert('t', nothing)
  const narrow = new LittleRoom(spy, { checkBelow: 0, mergesStopBelow: Infinity, mergesGoOnAbove: 1 })
  await narrow.insert('t', nothing)
  await narrow.insert('t', nothing)
  await new LittleRoom(spy, ROOM).insert('t', nothing)
  expect(said).toEqual(['SYSTEM STOP MERGES', 'SYSTEM STOP MERGES', 'SYSTEM START MERGES'])
})
