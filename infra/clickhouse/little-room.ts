/**
 * Inserts while the disk is nearly full. The engine (seen with 26.7) can call an insert done although the disk had no room for all of it: the part is
 * there, its marks are empty, and no query over it answers any more. So where there is little room what an insert made is held against its checksums
 * before the insert counts, and with next to none nothing is merged: a merge would replace good parts.
 */
import { statfs } from 'node:fs/promises'
import type { Engine } from './engine.ts'
import { EngineError } from './engine-error.ts'

const MIB = 2 ** 20
/** Bytes free below which inserts are checked, and below and above which merges stop and go on. */
export interface Room {
  readonly checkBelow: number
  readonly mergesStopBelow: number
  readonly mergesGoOnAbove: number
}
export const ROOM: Room = { checkBelow: 512 * MIB, mergesStopBelow: 64 * MIB, mergesGoOnAbove: 128 * MIB }

/** `modification_time` has whole seconds. */
const SLACK_SECONDS = 2

type Rows = readonly (readonly unknown[])[]
const rowsOf = (lines: Buffer): Rows => String(lines).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as readonly unknown[])

async function freeIn(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory)
  return bavail * bsize
}

export class LittleRoom {
  readonly #engine: Pick<Engine, 'directory' | 'read' | 'write'>
  readonly #room: Room
  /** By table: what is found broken must be of the insert that looks. */
  readonly #turns = new Map<string, Promise<unknown>>()
  #merging = true

  constructor(engine: Pick<Engine, 'directory' | 'read' | 'write'>, room: Room = ROOM) {
    this.#engine = engine
    this.#room = room
  }

  /**
   * Runs an insert into a table, one after the other. Throws EngineError NOT_ENOUGH_SPACE (243) where a part of it was cut off: that part is gone then,
   * and with it what the engine remembers of its token, so that the same insert can come again.
   */
  async insert(table: string, run: () => Promise<unknown>): Promise<void> {
    const turn = (this.#turns.get(table) ?? Promise.resolve()).then(() => this.#insert(table, run))
    this.#turns.set(table, turn.catch(() => undefined))
    await turn
  }

  async #insert(table: string, run: () => Promise<unknown>): Promise<void> {
    const since = Date.now()
    const before = await freeIn(this.#engine.directory)
    await this.#merges(before)
    await run()
    const free = Math.min(before, await freeIn(this.#engine.directory))
    if (free < this.#room.checkBelow) await this.#check(table, Math.floor(since / 1_000) - SLACK_SECONDS)
  }

  async #merges(free: number): Promise<void> {
    if (this.#merging ? free >= this.#room.mergesStopBelow : free <= this.#room.mergesGoOnAbove) return
    this.#merging = !this.#merging
    await this.#engine.write(`SYSTEM ${this.#merging ? 'START' : 'STOP'} MERGES`)
  }

  /** Parts that were merged are left: what they were made of is gone. */
  async #check(table: string, since: number): Promise<void> {
    const parts = rowsOf(await this.#engine.read(
      `SELECT name FROM system.parts WHERE database = 'watchkeeper' AND table = {table:String} AND active AND level = 0 AND modification_time >= toDateTime({since:UInt32})`,
      { parameters: { table, since } },
    )).map(([name]) => String(name))
    const broken: string[] = []
    for (const part of parts) {
      const [[, passed] = []] = rowsOf(await this.#engine.write(`CHECK TABLE watchkeeper.${table} PART '${part}'`, table))
      if (Number(passed) === 1) continue
      await this.#engine.write(`ALTER TABLE watchkeeper.${table} DROP PART '${part}'`, table)
      broken.push(part)
    }
    if (broken.length > 0) throw new EngineError(243, 'NOT_ENOUGH_SPACE', `The disk was too full for all of an insert into ${table}: ${broken.length} of its parts was cut off and is removed`)
  }
}
