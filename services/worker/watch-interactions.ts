/** The stateful half of the worker: topic `interactions` → `findings`, with state and offset saved as one. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Envelope, Subscription } from '../../schemas/ports.ts'
import { interactions } from '../../schemas/topics.ts'
import type { WorkerParts } from './contracts.ts'
import { Holding } from './holding.ts'

/** Subscribes group `worker-interactions`. Findings are on the bus before an offset moves on; a snapshot says where to start again. */
export async function watchInteractions(parts: WorkerParts): Promise<Subscription> {
  const { bus, telemetry } = parts.ports
  const holdings = new Map<number, Holding>()
  let subscription: Subscription | undefined

  async function handle(envelopes: readonly Envelope<Interaction>[]): Promise<void> {
    const partition = envelopes[0]?.partition
    const holding = partition === undefined ? undefined : holdings.get(partition)
    if (partition === undefined || holding === undefined) return
    await holding.outbox.flush(bus)
    for (const envelope of envelopes) holding.apply(envelope)
    await holding.outbox.flush(bus)
    if (holding.due()) await holding.save()
    await subscription?.commit(partition, holding.next)
  }

  subscription = await bus.subscribe(interactions, {
    group: 'worker-interactions',
    async assigned(partition) {
      const { holding, start } = await Holding.open(partition, parts)
      holdings.set(partition, holding)
      return start
    },
    async revoked(partition) {
      const holding = holdings.get(partition)
      holdings.delete(partition)
      await holding?.close()
    },
    handle,
    async gap(gap) {
      telemetry.gapSeen(gap)
      holdings.get(gap.partition)?.skipTo(gap.next)
    },
    failed(error) {
      telemetry.subscriptionFailed(interactions.name, error)
      parts.failed(error)
    },
  })
  return subscription
}
