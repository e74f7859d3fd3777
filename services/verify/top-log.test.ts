import { expect, it } from 'vitest'
import { TopLog } from './top-log.ts'

interface Step {
  readonly partition: number
  readonly madeAt?: string
}
/** What is said of checkpoints of these partitions, where those over all are there at these sizes. */
const said = (stored: readonly number[], steps: readonly Step[]): string[] => {
  const log = new TopLog(undefined, stored)
  return steps.flatMap((step, logIndex) => log.append(`${step.partition} ${logIndex}\n`, { ...step, logIndex })?.kind ?? [])
}

it('misses the checkpoint between those that cannot have been signed together', () => {
  const rounds = [0, 1, 1, 3, 0].map((partition) => ({ partition }))
  expect(said([2, 4, 5], rounds)).toEqual([])
  expect(said([4, 5], rounds)).toEqual(['checkpoint-missing'])
  expect(said([2, 5], rounds)).toEqual(['checkpoint-missing'])
  // Partition 3 may have been signed with either round, but for the time.
  expect(said([3, 5], [0, 1, 2, 3, 4].map((partition) => ({ partition })))).toEqual([])
  const timed = [['10', 0], ['10', 1], ['20', 2], ['30', 3]].map(([madeAt, partition]) => ({ madeAt: String(madeAt), partition: Number(partition) }))
  expect(said([2, 3, 4], timed)).toEqual([])
  expect(said([2, 4], timed)).toEqual(['checkpoint-missing'])
})

it('says nothing of what came behind the last one that is there', () => {
  expect(said([2], [0, 1, 0, 1, 0].map((partition) => ({ partition })))).toEqual([])
  expect(said([], [0, 0, 0].map((partition) => ({ partition })))).toEqual([])
})

it('takes the same again, and not another at its index', () => {
  const log = new TopLog(undefined, [1])
  const entry = { partition: 0, logIndex: 0 }
  expect([log.append('a\n', entry), log.append('a\n', entry), log.size]).toEqual([undefined, undefined, 1])
  expect(log.append('b\n', entry)).toMatchObject({ kind: 'log', says: expect.stringContaining('two different') as unknown })
})
