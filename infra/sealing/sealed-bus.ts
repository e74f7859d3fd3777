/** A bus on which every envelope is sealed: what its files or brokers hold is of no use without the key. Topics named `open` are left as they are. */
import type { Bus } from '../../schemas/ports.ts'
import type { Sealer } from '../../schemas/sealing.ts'
import type { Topic } from '../../schemas/topics.ts'
import { framesOf, isSealed } from './frame.ts'

/** What was written before sealing began is read as it is. */
export function sealedTopic<T>(topic: Topic<T>, sealer: Sealer): Topic<T> {
  const { name, codec } = topic
  // Each by itself: what came in one publish stays together in memory of its own, and nothing is copied to be put behind each other.
  const open = (bytes: Buffer): readonly T[] => {
    const opened = framesOf(bytes).map((frame) => codec.decode(sealer.open(frame, name)))
    return opened.length === 1 ? opened[0] as readonly T[] : opened.flat()
  }
  const plainOf = (records: readonly T[]): Buffer => codec.lend?.(records) ?? codec.encode(records)
  return {
    ...topic,
    codec: {
      ...(codec.joins === undefined ? {} : { joins: codec.joins }), copies: true,
      encode: (records) => sealer.seal(plainOf(records), name),
      pieces: (records) => sealer.sealPieces(plainOf(records), name),
      decode: (bytes) => (isSealed(bytes) ? open(bytes) : codec.decode(codec.copies === true ? bytes : Buffer.from(bytes))),
    },
  }
}

/** Opens what was sealed, and seals nothing any more. */
export const openingOnly = (sealer: Sealer): Sealer => ({
  seal: (plain) => Buffer.from(plain),
  sealPieces: (plain) => [Buffer.from(plain)],
  open: (sealed, about) => sealer.open(sealed, about),
})

export function sealedBus(bus: Bus, sealer: Sealer, open: ReadonlySet<string>): Bus {
  const sealed = new WeakMap<object, object>()
  const of = <T>(topic: Topic<T>): Topic<T> => {
    if (open.has(topic.name)) return topic
    const known = sealed.get(topic) ?? sealedTopic(topic, sealer)
    sealed.set(topic, known)
    return known as Topic<T>
  }
  return {
    publish: (topic, batch) => bus.publish(of(topic), batch),
    broadcast: (topic, record) => bus.broadcast(of(topic), record),
    subscribe: (topic, options) => bus.subscribe(of(topic), options),
    lag: () => bus.lag(),
    close: () => bus.close(),
  }
}
