import { expect, test } from 'vitest'
import { NOT_ASSIGNED } from '../../schemas/ports.ts'
import { OffsetLedger } from './offset-ledger.ts'
import type { Membership } from './offsets.ts'

function rig(membership: () => Membership | undefined) {
  const committed: (readonly [number, number])[] = []
  const ledger = new OffsetLedger({
    topic: 't', partitions: 2, timeoutMs: 600_000, membership, holds: () => true, commit: async (_member, next) => void committed.push(...next),
  })
  return { ledger, committed }
}

test('a commit waits until the member is in its group again', async () => {
  let membership: Membership | undefined
  const { ledger, committed } = rig(() => membership)
  const commit = ledger.commit(1, 7)
  membership = { memberId: 'm', generationId: 1 }
  ledger.wake()
  await commit
  expect(committed).toEqual([[1, 7]])
})

test('at the end it is not waited for: what waits and what comes is tried once more, and given up', async () => {
  const { ledger, committed } = rig(() => undefined)
  const before = ledger.commit(0, 1)
  ledger.hurry(0)
  await expect(before).rejects.toMatchObject({ kind: 'unavailable', code: NOT_ASSIGNED })
  await expect(ledger.commit(1, 1)).rejects.toMatchObject({ kind: 'unavailable', code: NOT_ASSIGNED })
  await ledger.settled()
  expect(committed).toEqual([])
})
