/** Worker: runs every detector on observations and on interactions, and publishes what they say. */
import type { Armed } from '../../detectors/detector.ts'
import type { Service, Subscription } from '../../schemas/ports.ts'
import type { WorkerConfig, WorkerPorts } from './contracts.ts'
import { watchEvents } from './watch-events.ts'
import { watchInteractions } from './watch-interactions.ts'

/** `armed`: the detectors to run, each id once. The service starts two subscriptions and is not ready once either has failed. */
export function createWorker(config: WorkerConfig, armed: readonly Armed[], ports: WorkerPorts): Service {
  let subscriptions: Subscription[] = []
  let trouble = ''

  return {
    name: 'worker',
    async start() {
      trouble = ''
      const parts = {
        config, armed, ports,
        failed(error: unknown) {
          trouble = error instanceof Error ? error.message : String(error)
        },
      }
      subscriptions.push(await watchInteractions(parts))
      subscriptions.push(await watchEvents(parts))
    },
    async stop() {
      const running = subscriptions
      subscriptions = []
      await Promise.all(running.map((subscription) => subscription.stop()))
    },
    notReady: () => (trouble !== '' ? trouble : subscriptions.length < 2 ? 'not started' : ''),
  }
}
