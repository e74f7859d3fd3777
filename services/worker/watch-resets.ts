/** On a bus of one partition nothing is sent to where keys live, but orders come by the same topic. */
import type { Subscription } from '../../schemas/ports.ts'
import { steps } from '../../schemas/topics.ts'
import type { HoldingParts } from './holding.ts'

/** Subscribes group `worker-resets`. What was done is saved before the offset moves on; once more is the same. */
export async function watchResets({ ports: { bus, telemetry }, held, failed }: HoldingParts): Promise<Subscription> {
  let subscription: Subscription | undefined
  subscription = await bus.subscribe(steps, {
    group: 'worker-resets',
    async handle(envelopes) {
      for (const { partition, offset, records } of envelopes) {
        const notices = records.flatMap((record) => record.notices)
        if (notices.length > 0) await held.get(partition)?.heed(notices)
        await subscription?.commit(partition, offset + 1)
      }
    },
    async gap(gap) {
      telemetry.gapSeen(gap)
    },
    failed(error) {
      telemetry.subscriptionFailed(steps.name, error)
      failed(error)
    },
  })
  return subscription
}
