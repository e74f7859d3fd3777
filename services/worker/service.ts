/** Worker: runs every detector on observations and on interactions, and publishes what they say. */
import type { Armed } from '../../detectors/detector.ts'
import type { Service, Subscription } from '../../schemas/ports.ts'
import { Maintenance } from './maintenance/maintenance.ts'
import type { WorkerConfig, WorkerParts, WorkerPorts } from './contracts.ts'
import { watchDefinitions, watchNamesakes } from './definitions/watch-definitions.ts'
import type { Held } from './holding.ts'
import { watchEvents } from './watch-events.ts'
import { routeInteractions } from './route-interactions.ts'
import { WarmUp } from './warm-up/warm-up.ts'
import { watchFindings } from './risk/watch-findings.ts'
import { watchResets } from './watch-resets.ts'
import { watchReplays } from './watch-replays.ts'
import { sentSteps, watchStates, wholeInteractions } from './watch-interactions.ts'

function warmUpOf({ config, armed, maintenance, ports: { keyedHash, telemetry, history } }: WorkerParts): WarmUp | undefined {
  return history === undefined || config.warmUp.days === 0 ? undefined : new WarmUp({ config, armed, maintenance, ports: { keyedHash, telemetry, history } })
}

export interface WorkerService extends Service {
  /** What this process holds, by partition. */
  readonly held: ReadonlyMap<number, Held>
}

/** `armed`: the detectors to run, each id once. The service is not ready once one of its subscriptions has failed. */
export function createWorker(config: WorkerConfig, armed: readonly Armed[], ports: WorkerPorts): WorkerService {
  const held = new Map<number, Held>()
  let subscriptions: Subscription[] = []
  let trouble = ''

  return {
    name: 'worker', held,
    async start() {
      trouble = ''
      const parts = {
        config, armed, ports, maintenance: new Maintenance(config.maintenance),
        failed(error: unknown) {
          trouble = error instanceof Error ? error.message : String(error)
        },
      }
      const kept = { ...parts, warmUp: warmUpOf(parts), held }
      if (config.partitions === 1) subscriptions.push(await watchStates(wholeInteractions, kept), await watchResets(kept))
      else subscriptions.push(await watchStates(sentSteps, kept), await routeInteractions(parts))
      subscriptions.push(await watchEvents(parts), await watchReplays(parts))
      if (armed.some(({ defines }) => defines)) subscriptions.push(await watchDefinitions(parts), await watchNamesakes(parts))
      if (armed.some(({ weighs }) => weighs)) subscriptions.push(await watchFindings(parts))
    },
    async stop() {
      const running = subscriptions
      subscriptions = []
      await Promise.all(running.map((subscription) => subscription.stop()))
    },
    notReady: () => (trouble !== '' ? trouble : subscriptions.length < 2 ? 'not started' : ''),
  }
}
