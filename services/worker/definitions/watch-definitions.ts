/**
 * What servers offer, version after version: topics `definitions` and `namesakes` → `findings`. One partition of the first has all lists of a server; of the
 * second all tools that can be taken for each other.
 */
import { SpanKind, trace } from '@opentelemetry/api'
import type { Envelope, Subscription } from '../../../schemas/ports.ts'
import type { ToolDefinition } from '../../../schemas/tool-definition.ts'
import { definitions, namesakes } from '../../../schemas/topics.ts'
import { traced } from '../../../schemas/traced.ts'
import type { WorkerParts } from '../contracts.ts'
import { introduced, Namesakes } from './namesakes.ts'
import { Offered } from './offered.ts'
import { type Book, type Feed, Shelf } from './shelf.ts'

/** Texts of definitions that a partition keeps, bytes; a definition has some 2,000. */
const OFFERED_BYTES = 64 * 1024 * 1024
/** Names that a partition keeps. */
const NAMES = 20_000

function bookOfVersions(kept: readonly ToolDefinition[], forgot: () => void): Book {
  const offered = new Offered(OFFERED_BYTES, forgot, kept)
  return {
    get size() {
      return offered.size
    },
    read(record) {
      const offer = offered.show(record)
      return offer === undefined ? undefined : { about: offer.definition, judge: (detector, tools) => detector.define(offer, tools) }
    },
    toJSON: () => offered.toJSON(),
  }
}

function bookOfNames(kept: readonly ToolDefinition[], forgot: () => void): Book {
  const names = new Namesakes(NAMES, forgot, kept)
  return {
    get size() {
      return names.size
    },
    read(record) {
      const others = names.meet(record)
      return { about: record, judge: (detector, tools) => (others.length === 0 ? [] : detector.meet(record, others, tools)) }
    },
    toJSON: () => names.toJSON(),
  }
}

const VERSIONS: Feed = {
  topic: definitions, open: bookOfVersions,
  pass({ about }, outbox) {
    const record = introduced(about)
    if (record !== undefined) outbox.introduce(record)
  },
}
const NAMED: Feed = { topic: namesakes, open: bookOfNames }

export const watchDefinitions = (parts: WorkerParts): Promise<Subscription> => watchBook(VERSIONS, parts)
export const watchNamesakes = (parts: WorkerParts): Promise<Subscription> => watchBook(NAMED, parts)

/** Subscribes group `worker-TOPIC`. */
async function watchBook(feed: Feed, parts: WorkerParts): Promise<Subscription> {
  const { bus, telemetry } = parts.ports
  const { topic } = feed
  const tracer = trace.getTracer('watchkeeper.worker')
  const shelves = new Map<number, Shelf>()
  let subscription: Subscription | undefined

  async function judge(envelopes: readonly Envelope<ToolDefinition>[], shelf: Shelf, partition: number): Promise<void> {
    await shelf.outbox.flush(bus)
    for (const envelope of envelopes) shelf.take(envelope)
    await shelf.outbox.flush(bus)
    if (shelf.due()) await shelf.save()
    await subscription?.commit(partition, shelf.next)
  }

  subscription = await bus.subscribe(topic, {
    group: `worker-${topic.name}`,
    async assigned(partition) {
      const shelf = await Shelf.open(feed, partition, parts)
      shelves.set(partition, shelf)
      return shelf.start
    },
    async revoked(partition) {
      const shelf = shelves.get(partition)
      shelves.delete(partition)
      await shelf?.close()
    },
    async handle(envelopes) {
      const partition = envelopes[0]?.partition
      const shelf = partition === undefined ? undefined : shelves.get(partition)
      if (partition === undefined || shelf === undefined) return
      const attributes = { 'watchkeeper.topic': topic.name, 'watchkeeper.partition': partition, 'watchkeeper.envelopes': envelopes.length }
      await traced(tracer, { name: `watch ${topic.name}`, kind: SpanKind.CONSUMER, attributes }, () => judge(envelopes, shelf, partition))
    },
    async gap(gap) {
      telemetry.gapSeen(gap)
      shelves.get(gap.partition)?.skipTo(gap.next)
    },
    failed(error) {
      telemetry.subscriptionFailed(topic.name, error)
      parts.failed(error)
    },
  })
  return subscription
}
