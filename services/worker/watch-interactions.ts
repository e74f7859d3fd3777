/** The stateful half of the worker: interactions, or steps of them, → `findings`, with state and offset saved as one. */
import { SpanKind, trace } from '@opentelemetry/api'
import type { Interaction } from '../../schemas/interaction.ts'
import type { Envelope, Subscription } from '../../schemas/ports.ts'
import type { Step } from '../../schemas/step.ts'
import { interactions, steps } from '../../schemas/topics.ts'
import { traced } from '../../schemas/traced.ts'
import type { WorkerParts } from './contracts.ts'
import { type Feed, Holding } from './holding.ts'

/** On a bus of one partition all keys live there: each interaction is stepped and reviewed where it lies. */
export const wholeInteractions: Feed<Interaction> = {
  topic: interactions, shared: false,
  judgementOf: (interaction) => ({ interaction, keysFor: (detector) => detector.keysOf(interaction), reviews: true, lessons: [] }),
}

/** What `route.ts` made of them: only the keys that were sent here. */
export const sentSteps: Feed<Step> = {
  topic: steps, shared: true,
  judgementOf: ({ interaction, keys, lessons }) => ({
    interaction, reviews: false, lessons,
    keysFor: ({ rule: { id } }) => keys.filter(({ detector }) => detector === id).map(({ key }) => key),
  }),
}

/** Subscribes group `worker-TOPIC`. Findings are on the bus before an offset moves on; a snapshot says where to start again. */
export async function watchStates<T>(feed: Feed<T>, parts: WorkerParts): Promise<Subscription> {
  const { bus, telemetry } = parts.ports
  const { topic } = feed
  const tracer = trace.getTracer('watchkeeper.worker')
  const holdings = new Map<number, Holding<T>>()
  let subscription: Subscription | undefined

  async function handle(envelopes: readonly Envelope<T>[]): Promise<void> {
    const partition = envelopes[0]?.partition
    const holding = partition === undefined ? undefined : holdings.get(partition)
    if (partition === undefined || holding === undefined) return
    const attributes = { 'watchkeeper.topic': topic.name, 'watchkeeper.partition': partition, 'watchkeeper.envelopes': envelopes.length }
    await traced(tracer, { name: `watch ${topic.name}`, kind: SpanKind.CONSUMER, attributes }, () => judge(partition, holding, envelopes))
  }

  async function judge(partition: number, holding: Holding<T>, envelopes: readonly Envelope<T>[]): Promise<void> {
    await holding.outbox.flush(bus)
    for (const envelope of envelopes) holding.apply(envelope)
    await holding.outbox.flush(bus)
    if (holding.due()) await holding.save()
    await subscription?.commit(partition, holding.next)
  }

  subscription = await bus.subscribe(topic, {
    group: `worker-${topic.name}`,
    async assigned(partition) {
      const { holding, start } = await Holding.open(feed, partition, parts)
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
      telemetry.subscriptionFailed(topic.name, error)
      parts.failed(error)
    },
  })
  return subscription
}
