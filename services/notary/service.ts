/**
 * Notary: signs what was logged and puts that outside. Several processes may run it: who has partition 0 of topic `checkpoints` in group `notary` is
 * the notary, and asks the group before it signs anything for good.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Failure, kindOf, pauseMs } from '../../schemas/failure.ts'
import { NOT_ASSIGNED, type Service, type Subscription } from '../../schemas/ports.ts'
import { checkpoints } from '../../schemas/topics.ts'
import { Anchoring } from './anchoring.ts'
import type { NotaryConfig, NotaryPorts } from './contracts.ts'
import { Desk, refuseOtherKey, SNAPSHOT } from './desk.ts'
import { notaryTelemetry } from './telemetry.ts'

const GROUP = 'notary'
/** Its partition makes a process the notary. */
const SEAT = 0
const LOOK_MS = 500
const LONGEST_WAIT_MS = 30_000

/** The time in which this process is the notary. */
interface Term {
  readonly ends: AbortController
  readonly over: Promise<void>
}

export function createNotary(config: NotaryConfig, ports: NotaryPorts): Service {
  const { bus, snapshots, log } = ports
  const telemetry = notaryTelemetry(log)
  const lookMs = config.lookMs ?? LOOK_MS
  let subscription: Promise<Subscription> | undefined
  let term: Term | undefined
  let desk: Desk | undefined
  let rounds: readonly Anchoring[] = []
  /** Before it everything on topic checkpoints was read. */
  let at = 0

  async function keep(): Promise<boolean> {
    try {
      await (await subscription)?.commit(SEAT, at)
      return true
    } catch (error) {
      if (error instanceof Failure && error.code === NOT_ASSIGNED) return false
      throw error
    }
  }

  async function takeSeat(signal: AbortSignal): Promise<void> {
    desk ??= await Desk.open(config, { ...ports, telemetry, keep, at: () => at })
    if (rounds.length === 0) rounds = await Promise.all(config.anchors.map((anchor) => Anchoring.open(anchor, { ...ports, telemetry })))
    signal.throwIfAborted()
  }

  /** False: the seat is another's. */
  async function work(signal: AbortSignal): Promise<boolean> {
    await takeSeat(signal)
    if (desk === undefined || !(await desk.look())) return false
    const { latest } = desk
    // An anchor may be slow: none waits for another, and checkpoints for none.
    if (latest !== undefined) for (const round of rounds) void giveTo(round, latest, signal)
    return true
  }

  const busy = new Set<Anchoring>()
  async function giveTo(round: Anchoring, latest: NonNullable<Desk['latest']>, signal: AbortSignal): Promise<void> {
    if (busy.has(round)) return
    busy.add(round)
    try {
      await round.round(latest, signal)
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'what became of an anchor could not be kept; it is tried again')
    } finally {
      busy.delete(round)
    }
  }

  async function serve(signal: AbortSignal): Promise<void> {
    for (let pause = lookMs; !signal.aborted;) {
      try {
        if (!(await work(signal))) return
        pause = lookMs
      } catch (error) {
        if (signal.aborted) return
        log[kindOf(error) === 'unavailable' ? 'warn' : 'error']({ err: error }, 'no checkpoint could be made; trying again')
        pause = pauseMs(error, Math.min(pause * 2, LONGEST_WAIT_MS), LONGEST_WAIT_MS)
      }
      await wait(pause, undefined, { signal }).catch(() => undefined)
    }
  }

  async function leave(): Promise<void> {
    const left = term
    term = undefined
    left?.ends.abort()
    await left?.over
    desk = undefined
    rounds = []
  }

  return {
    name: 'notary',
    async start() {
      await refuseOtherKey(config, ports)
      subscription = bus.subscribe(checkpoints, {
        group: GROUP,
        async assigned(partition) {
          if (partition !== SEAT) return undefined
          at = (await snapshots.load(SNAPSHOT))?.nextOffset ?? 0
          const ends = new AbortController()
          // The subscription has to be there before the group can be asked.
          term = { ends, over: wait(0).then(() => serve(ends.signal)) }
          return undefined
        },
        async revoked(partition) {
          if (partition === SEAT) await leave()
        },
        async handle(envelopes) {
          const [first] = envelopes
          const next = (envelopes.at(-1)?.offset ?? -1) + 1
          if (first?.partition === SEAT) at = next
          if (first !== undefined) await (await subscription)?.commit(first.partition, next)
        },
        async gap({ partition, next }) {
          if (partition === SEAT) at = next
        },
        failed(error) {
          log.error({ err: error }, 'notary stopped')
        },
      })
      await subscription
    },
    async stop() {
      await leave()
      await (await subscription?.catch(() => undefined))?.stop()
    },
    // What fails here holds nothing else up: findings, metrics and the status page tell of it.
    notReady: () => (subscription === undefined ? 'not started' : ''),
  }
}
