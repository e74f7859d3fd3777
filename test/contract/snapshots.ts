/** What every Snapshots adapter must do. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Snapshot, Snapshots } from '../../schemas/ports.ts'

export interface OpenSnapshots {
  readonly snapshots: Snapshots
  /** Another instance over the same storage, as after a restart. */
  reopen(): Promise<Snapshots>
  /** Spoils the newest stored snapshot of that name. */
  damageNewest(name: string): Promise<void>
  /** Names that were reported as damaged. */
  readonly damaged: readonly string[]
  close(): Promise<void>
}

const made = (nextOffset: number, text: string): Snapshot => ({ version: 3, nextOffset, state: Buffer.from(text) })

export function snapshotsContract(name: string, open: () => Promise<OpenSnapshots>): void {
  describe(`snapshots: ${name}`, () => {
    let opened: OpenSnapshots
    beforeEach(async () => {
      opened = await open()
    })
    afterEach(async () => opened.close())

    test('nothing saved is undefined', async () => {
      expect(await opened.snapshots.load('worker/events/0')).toBeUndefined()
    })

    test('the last one saved is loaded, also after a restart', async () => {
      for (let offset = 1; offset <= 5; offset++) await opened.snapshots.save('worker/0', made(offset, `state ${offset}`))
      expect(await opened.snapshots.load('worker/0')).toEqual(made(5, 'state 5'))
      expect(await (await opened.reopen()).load('worker/0')).toEqual(made(5, 'state 5'))
    })

    test('names do not touch each other, whatever they are made of', async () => {
      const names = ['a', 'a.1', 'a/1', '../a', 'a_2e_1', 'a.1.draft', '']
      for (const [offset, each] of names.entries()) await opened.snapshots.save(each, made(offset, each))
      for (const [offset, each] of names.entries()) expect(await opened.snapshots.load(each)).toEqual(made(offset, each))
    })

    test('saves that overlap leave the last', async () => {
      await Promise.all(Array.from({ length: 20 }, (_, offset) => opened.snapshots.save('w', made(offset, 'x'.repeat(offset * 1000)))))
      expect(await opened.snapshots.load('w')).toEqual(made(19, 'x'.repeat(19_000)))
    })

    test('a damaged one is reported and the one before is used', async () => {
      await opened.snapshots.save('w', made(1, 'one'))
      await opened.snapshots.save('w', made(2, 'two'))
      await opened.damageNewest('w')
      const again = await opened.reopen()
      expect(await again.load('w')).toEqual(made(1, 'one'))
      expect(opened.damaged).toEqual(['w'])
      await again.save('w', made(3, 'three'))
      expect(await again.load('w')).toEqual(made(3, 'three'))
    })

    test('all damaged is undefined', async () => {
      await opened.snapshots.save('w', made(1, 'one'))
      await opened.damageNewest('w')
      expect(await opened.snapshots.load('w')).toBeUndefined()
      expect(opened.damaged).toEqual(['w'])
    })
  })
}
