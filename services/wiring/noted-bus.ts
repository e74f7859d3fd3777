/** A bus that remembers which groups were joined on it, and whether one of them failed. */
import type { Bus } from '../../schemas/ports.ts'

export interface NotedBus {
  readonly bus: Bus
  /** `GROUP:TOPIC` each, in the order they were joined: for the line at the start, which a list kept by hand would part from. */
  readonly groups: readonly string[]
  /** Resolves with the error that ended the first subscription; never, where none ends. */
  readonly failed: Promise<unknown>
}

export function notedBus(bus: Bus): NotedBus {
  const groups: string[] = []
  let fail: (error: unknown) => void = () => undefined
  const failed = new Promise<unknown>((resolve) => {
    fail = resolve
  })
  return {
    groups, failed,
    bus: {
      publish: (topic, batch) => bus.publish(topic, batch),
      broadcast: (topic, record) => bus.broadcast(topic, record),
      subscribe(topic, options) {
        groups.push(`${options.group}:${topic.name}`)
        return bus.subscribe(topic, {
          ...options,
          failed(error) {
            options.failed(error)
            fail(error)
          },
        })
      },
      lag: () => bus.lag(),
      close: () => bus.close(),
    },
  }
}
