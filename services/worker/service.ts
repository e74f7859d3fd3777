/** Worker: runs every detector on observations and on interactions, and publishes what they say. */
import type { Armed } from '../../detectors/detector.ts'
import type { Service, Subscription } from '../../schemas/ports.ts'
import type { WorkerConfig, WorkerParts, WorkerPorts } from './contracts.ts'
import { watchDefinitions, watchNamesakes } from './definitions/watch-definitions.ts'
import { watchEvents } from './watch-events.ts'
import { routeInteractions } from './route-interactions.ts'
import { WarmUp } from './warm-up/warm-up.ts'
import { watchReplays } from './watch-replays.ts'
import { sentSteps, watchStates, wholeInteractions } from './watch-interactions.ts'

function warmUpOf({ config, armed, ports: { keyedHash, telemetry, history } }: WorkerParts): WarmUp | undefined {
  return history === undefined || config.warmUp.days === 0 ? undefined : new WarmUp({ config, armed, ports: { keyedHash, telemetry, history } })
}

/** `armed`: the detectors to run, each id once. The service is not ready once one of its subscriptions has failed. */
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
      const kept = { ...parts, warmUp: warmUpOf(parts) }
      if (config.partitions === 1) subscriptions.push(await watchStates(wholeInteractions, kept))
      else subscriptions.push(await watchStates(sentSteps, kept), await routeInteractions(parts))
      subscriptions.push(await watchEvents(parts), await watchReplays(parts))
      if (armed.some(({ defines }) => defines)) subscriptions.push(await watchDefinitions(parts), await watchNamesakes(parts))
    },
    async stop() {
      const running = subscriptions
      subscriptions = []
      await Promise.all(running.map((subscription) => subscription.stop()))
    },
    notReady: () => (trouble !== '' ? trouble : subscriptions.length < 2 ? 'not started' : ''),
  }
}
