/**
 * Works that go on at the same time. Throws what the first of them came to that failed, and not before all have ended: who tries again must not meet what
 * is still on its way.
 */
export async function sideBySide(...works: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(works)) if (outcome.status === 'rejected') throw outcome.reason
}
