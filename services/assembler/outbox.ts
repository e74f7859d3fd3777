/** Folded but not yet on the bus: the state has moved on, so these must get out before anything else. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Publisher } from '../../schemas/ports.ts'
import { interactionKey } from '../../schemas/record-key.ts'
import type { HabitRelay, Relay } from '../../schemas/relay.ts'
import { sideBySide } from '../../schemas/side-by-side.ts'
import { correlations, interactions } from '../../schemas/topics.ts'
import type { Identify } from './identities.ts'
import type { AssemblerTelemetry } from './telemetry.ts'

export class Outbox {
  readonly interactions: Interaction[] = []
  readonly relays: Relay[] = []
  /** Latest tick that stage 2 is to be told of, 0n = none. */
  tickAt = 0n
  readonly #telemetry: AssemblerTelemetry
  readonly #identify: Identify

  constructor(telemetry: AssemblerTelemetry, identify: Identify) {
    this.#telemetry = telemetry
    this.#identify = identify
  }

  /**
   * Publishes all of it, side by side, so that a bus can write it as one; on Failure `unavailable` what is not said is still here for the next attempt, and
   * nothing of this one is on its way any more.
   */
  async flush(bus: Publisher): Promise<void> {
    await sideBySide(this.#tell(bus), this.#pass(bus))
  }

  async #tell(bus: Publisher): Promise<void> {
    if (this.interactions.length === 0) return
    await bus.publish(interactions, this.interactions.map(this.#identify).map((record) => ({ key: interactionKey(record), record })))
    this.#telemetry.published(this.interactions)
    this.interactions.length = 0
  }

  /** The time comes behind the records that it ends the wait of. */
  async #pass(bus: Publisher): Promise<void> {
    if (this.relays.length > 0) {
      await bus.publish(correlations, summed(this.relays).map((record) => ({ key: record.key, record })))
      this.#telemetry.relayed(this.relays.length)
      this.relays.length = 0
    }
    if (this.tickAt === 0n) return
    await bus.broadcast(correlations, { kind: 'tick', key: '', at: this.tickAt })
    this.tickAt = 0n
  }
}

/** One record a client instead of one a call. */
function summed(relays: readonly Relay[]): readonly Relay[] {
  const habits = new Map<string, HabitRelay>()
  const rest: Relay[] = []
  for (const relay of relays) {
    if (relay.kind !== 'habit') {
      rest.push(relay)
      continue
    }
    const known = habits.get(relay.key)
    habits.set(relay.key, known === undefined ? relay : { ...relay, calls: known.calls + relay.calls, asked: known.asked + relay.asked })
  }
  return [...habits.values(), ...rest]
}
