/** On a bus of several partitions: judges interactions without state where they lie, and sends them to where the states of their keys live. */
import type { Armed } from '../../detectors/detector.ts'
import type { Interaction } from '../../schemas/interaction.ts'
import type { WrittenInteraction } from '../../schemas/interaction-codec.ts'
import type { Envelope, Keyed, Subscription } from '../../schemas/ports.ts'
import type { Step } from '../../schemas/step.ts'
import { interactions, steps, writtenInteractions } from '../../schemas/topics.ts'
import { CommitsBehind } from './commits-behind.ts'
import type { Place, WorkerParts } from './contracts.ts'
import { DefectGuard } from './defects.ts'
import { emptyFold, Fold, isJudged } from './fold.ts'
import { GATHER_MS, inTurns, TURN_BYTES } from './in-turns.ts'
import { Outbox } from './outbox.ts'
import { Recent } from './recent.ts'
import { type OwnedKey, stepsOf } from './route.ts'

/** Subscribes group `worker-routes`. It keeps no state: after a crash it sends again what was not committed, and its readers know it. */
export async function routeInteractions(parts: WorkerParts): Promise<Subscription> {
  const { bus, telemetry } = parts.ports
  /** One a partition, as these are worked on at the same time: what one has said must not go with what another has just written. */
  const routers = new Map<number, Router>()
  let subscription: Subscription | undefined
  const commits = new CommitsBehind(async (partition, next) => subscription?.commit(partition, next))

  function routerOf(partition: number): Router {
    const router = routers.get(partition) ?? new Router(parts)
    routers.set(partition, router)
    return router
  }

  async function handle(envelopes: readonly Envelope<WrittenInteraction>[]): Promise<void> {
    const last = envelopes.at(-1)
    if (last === undefined) return
    await parts.ports.policies?.known()
    const router = routerOf(last.partition)
    const sent: Keyed<Step>[] = []
    await inTurns(envelopes, (envelope) => {
      for (const step of router.take(envelope)) sent.push(step)
    })
    await router.outbox.flush(bus)
    if (sent.length > 0) await bus.publish(steps, sent)
    commits.want(last.partition, last.offset + 1)
  }

  subscription = await bus.subscribe(writtenInteractions, {
    group: 'worker-routes', maxBytes: TURN_BYTES, gatherMs: GATHER_MS,
    handle,
    async revoked(partition) {
      await commits.end(partition)
      routers.delete(partition)
    },
    async gap(gap) {
      telemetry.gapSeen(gap)
    },
    failed(error) {
      telemetry.subscriptionFailed(interactions.name, error)
      parts.failed(error)
    },
  })
  return subscription
}

class Router {
  readonly outbox: Outbox
  readonly #armed: readonly Armed[]
  /** Of its own: a detector that fails at one thing and not at the other fails in a row all the same. */
  readonly #keysGuard: DefectGuard
  readonly #fold: Fold
  readonly #parts: WorkerParts

  constructor(parts: WorkerParts) {
    const { config, armed, ports, maintenance } = parts
    this.#parts = parts
    this.#armed = armed
    this.outbox = new Outbox(new Recent(config.recentFindings), ports.telemetry, maintenance)
    const { keyedHash, telemetry, policies } = ports
    const guard = (): DefectGuard => new DefectGuard(config.maxDefectsInARow, telemetry)
    this.#keysGuard = guard()
    this.#fold = new Fold(emptyFold(), { armed, config, keyedHash, telemetry, guard: guard(), maintenance, policies, outbox: this.outbox,
      teach: (step) => this.outbox.teach(step) })
  }

  /** The steps of an envelope; what its interactions show without state goes to the outbox. */
  take({ partition, offset, records }: Envelope<WrittenInteraction>): Keyed<Step>[] {
    const place = { topic: interactions.name, partition, offset }
    const sent: Keyed<Step>[] = []
    for (const record of records) {
      const { interaction } = record
      this.#fold.apply({ interaction, keysFor: () => [], reviews: true, lessons: [] }, place)
      if (interaction.version === 1 && isJudged(interaction)) sent.push(...stepsOf(record, this.#keysOf(interaction, place), this.#parts.config.partitions))
    }
    this.#parts.ports.telemetry.recordsRead(interactions.name, records.length)
    return sent
  }

  #keysOf(interaction: Interaction, place: Place): OwnedKey[] {
    const suspect = { place, tenant: interaction.tenant, receivedAt: interaction.received_at, bytes: () => interactions.codec.encode([interaction]) }
    const keys: OwnedKey[] = []
    for (const detector of this.#armed) {
      const refused = this.#keysGuard.attempt(detector.rule.id, suspect, () => keys.push(...detector.keysOf(interaction).map((key) => ({ detector, key }))))
      if (refused !== undefined) this.outbox.refuse(refused)
    }
    return keys
  }
}
