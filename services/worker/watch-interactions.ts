/** The stateful half of the worker: topic `interactions` → `findings`, with state and offset saved as one. */
import { SpanKind, trace } from '@opentelemetry/api'
import type { Interaction } from '../../schemas/interaction.ts'
import type { Envelope, Subscription } from '../../schemas/ports.ts'
import { interactions } from '../../schemas/topics.ts'
import { traced } from '../../schemas/traced.ts'
import type { WorkerParts } from './contracts.ts'
import { Holding } from './holding.ts'

/** Subscribes group `worker-interactions`. Findings are on the bus before an offset moves on; a snapshot says where to start again. */
export async function watchInteractions(parts: WorkerParts): Promise<Subscription> {
  const { bus, telemetry } = parts.ports
  const tracer = trace.getTracer('watchkeeper.worker')
  const holdings = new Map<number, Holding>()
  let subscription: Subscription | undefined

  async function handle(envelopes: readonly Envelope<Interaction>[]): Promise<void> {
    const partition = envelopes[0]?.partition
    const holding = partition === undefined ? undefined : holdings.get(partition)
    if (partition === undefined || holding === undefined) return
    const attributes = { 'watchkeeper.topic': interactions.name, 'watchkeeper.partition': partition, 'watchkeeper.envelopes': envelopes.length }
    await traced(tracer, { name: 'watch interactions', kind: SpanKind.CONSUMER, attributes }, () => judge(partition, holding, envelopes))
  }

  async function judge(partition: number, holding: Holding, envelopes: readonly Envelope<Interaction>[]): Promise<void> {
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
