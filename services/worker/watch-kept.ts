/** A topic read into state that is kept with its offset: what every stateful half of the worker does, whatever the state is. */
import { SpanKind, trace } from '@opentelemetry/api'
import type { Envelope, Subscription } from '../../schemas/ports.ts'
import type { Topic } from '../../schemas/topics.ts'
import { traced } from '../../schemas/traced.ts'
import { CommitsBehind } from './commits-behind.ts'
import type { WorkerParts } from './contracts.ts'
import { GATHER_MS, inTurns, TURN_BYTES } from './in-turns.ts'
import type { Outbox } from './outbox.ts'

/** State of one partition. */
export interface Kept<T> {
  readonly outbox: Outbox
  /** Offset behind the last record that the state knows of. */
  readonly next: number
  /** What has to be done before the first of them can be taken. Failure `unavailable`: the same envelopes are to be given again. */
  prepare?(envelopes: readonly Envelope<T>[], signal: AbortSignal): Promise<void>
  take(envelope: Envelope<T>): void
  /** Runs while nothing else is done with the state; absent where nobody else does anything. */
  alone?(work: () => Promise<void>): Promise<void>
  /** Whether it should be saved. */
  due(): boolean
  save(): Promise<void>
  skipTo(offset: number): void
  close(): Promise<void>
}

/** `start`: where reading goes on, undefined for the committed offset. */
type Open<T> = (partition: number) => Promise<{ readonly kept: Kept<T>; readonly start: number | undefined }>

/** Subscribes group `worker-TOPIC`. What is said is on the bus before an offset moves on; a snapshot says where to start again. */
export async function watchKept<T>(topic: Topic<T>, parts: WorkerParts, open: Open<T>): Promise<Subscription> {
  const { bus, telemetry } = parts.ports
  const tracer = trace.getTracer('watchkeeper.worker')
  const states = new Map<number, Kept<T>>()
  let subscription: Subscription | undefined
  const commits = new CommitsBehind(async (partition, next) => subscription?.commit(partition, next))

  async function judge(kept: Kept<T>, envelopes: readonly Envelope<T>[], { partition, signal }: { readonly partition: number; readonly signal: AbortSignal }): Promise<void> {
    await kept.outbox.flush(bus)
    await parts.ports.policies?.known()
    await kept.prepare?.(envelopes, signal)
    await inTurns(envelopes, (envelope) => kept.take(envelope))
    await kept.outbox.flush(bus)
    if (kept.due()) await kept.save()
    commits.want(partition, kept.next)
  }

  subscription = await bus.subscribe(topic, {
    group: `worker-${topic.name}`, maxBytes: TURN_BYTES, gatherMs: GATHER_MS,
    async assigned(partition) {
      const { kept, start } = await open(partition)
      states.set(partition, kept)
      return start
    },
    async revoked(partition) {
      const kept = states.get(partition)
      states.delete(partition)
      await commits.end(partition)
      await kept?.close()
    },
    async handle(envelopes, signal) {
      const partition = envelopes[0]?.partition
      const kept = partition === undefined ? undefined : states.get(partition)
      if (partition === undefined || kept === undefined) return
      const attributes = { 'watchkeeper.topic': topic.name, 'watchkeeper.partition': partition, 'watchkeeper.envelopes': envelopes.length }
      await traced(tracer, { name: `watch ${topic.name}`, kind: SpanKind.CONSUMER, attributes }, async () => {
        const work = (): Promise<void> => judge(kept, envelopes, { partition, signal })
        await (kept.alone === undefined ? work() : kept.alone(work))
      })
    },
    async gap(gap) {
      telemetry.gapSeen(gap)
      states.get(gap.partition)?.skipTo(gap.next)
    },
    failed(error) {
      telemetry.subscriptionFailed(topic.name, error)
      parts.failed(error)
    },
  })
  return subscription
}
