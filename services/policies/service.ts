/**
 * Policies of this process: reads all that were ever published and, where it is the one that has the files, publishes what is new in them. Judging by
 * what was published, and from when, and not by files makes every process judge alike, and a replay like the first time.
 */
import type { AdminAudit } from '../../schemas/admin-action.ts'
import type { CompiledPolicy } from '../../detectors/policy/compiled.ts'
import { Failure, kindOf } from '../../schemas/failure.ts'
import { policyKey, type PolicyRecord } from '../../schemas/policy-record.ts'
import type { Bus, Clock, Log, Service, Subscription } from '../../schemas/ports.ts'
import { policies } from '../../schemas/topics.ts'
import { PolicyBook } from './book.ts'
import { planOf, wantedOf } from './plan.ts'
import type { GroupsOf, PolicyFile } from './read-policy.ts'
import { policiesTelemetry } from './telemetry.ts'

/** Where files are. */
export interface PolicySource {
  /** Throws Failure `misconfigured` where they cannot be read. */
  read(): Promise<readonly PolicyFile[]>
  /** Calls `changed` after each change, one call at a time. */
  watch(changed: () => Promise<void>): Promise<{ close(): Promise<void> }>
}

export interface PoliciesConfig {
  /** Consumer group: of this process alone. */
  readonly group: string
  /** Absent where another process publishes. */
  readonly publishes?: { readonly source: PolicySource; readonly groupsOf: GroupsOf; readonly audit: AdminAudit } | undefined
}

export interface PoliciesPorts {
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
}

/** What judges may ask. */
export interface PoliciesKnown {
  inForce(tenant: string, receivedAt: bigint): readonly CompiledPolicy[]
  /** Resolves when all that was published before the start is known. */
  known(): Promise<void>
}

export interface PoliciesService extends Service, PoliciesKnown {
  readonly book: PolicyBook
}

const RETRY_MS = 1_000
const PERIOD_MS = 50

const listed = (problems: readonly string[]): string => problems.map((line) => `  - ${line}`).join('\n')

export function createPolicies({ group, publishes }: PoliciesConfig, { bus, clock, log }: PoliciesPorts): PoliciesService {
  const book = new PolicyBook()
  const telemetry = policiesTelemetry(log, book)
  /** Offset behind what was delivered, by partition. */
  const reached = new Map<number, number>()
  const stopping = new AbortController()
  let subscription: Subscription | undefined
  let watch: { close(): Promise<void> } | undefined
  let trouble = ''
  let caughtUp: Promise<void> | undefined
  let publishing: Promise<void> = Promise.resolve()

  function hear(record: PolicyRecord): void {
    const heard = book.hear(record)
    if (heard === 'heard') telemetry.heard(record)
    if (heard === 'unreadable') telemetry.unreadable(record)
  }

  async function pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      stopping.signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      }, { once: true })
    })
  }

  /** Ends of the partitions as they are now, undefined while the bus cannot say. */
  async function ends(): Promise<readonly (readonly [partition: number, end: number])[] | undefined> {
    try {
      const lags = (await bus.lag()).filter((one) => one.topic === policies.name && one.group === group)
      return lags.length === 0 ? undefined : lags.map(({ partition, end }) => [partition, end])
    } catch (error) {
      if (kindOf(error) !== 'unavailable') throw error
      return undefined
    }
  }

  async function catchUp(): Promise<void> {
    let goals = await ends()
    for (; goals === undefined && !stopping.signal.aborted; goals = await ends()) await pause(RETRY_MS)
    while (!stopping.signal.aborted && goals?.some(([partition, end]) => end > (reached.get(partition) ?? 0)) === true) await pause(PERIOD_MS)
    if (stopping.signal.aborted) throw new Failure('unavailable', 'policies.stopped', 'policies are not read any more: the process ends')
  }

  async function publish(record: PolicyRecord): Promise<void> {
    const { action, tenant, policy, version, hash, mode, file } = record
    const deed = { action: `policy.${action}`, object: `policy/${policy}`, tenant: 'default', actor: 'watchkeeper', actor_source: 'watchkeeper', details: { of_tenant: tenant, version: String(version), hash, mode, file } } as const
    await publishes?.audit.during(deed, () => bus.publish(policies, [{ key: policyKey(record), record }]))
    // Heard at once, so that the next look at the files knows it; the bus says it again.
    hear(record)
  }

  /** Times of what is published only grow, whatever the clock does. */
  const now = (): bigint => book.published.reduce((latest, { published_at: at }) => (at >= latest ? at + 1n : latest), clock.now())

  async function look(): Promise<void> {
    if (publishes === undefined) return
    await known()
    try {
      const { records, problems } = planOf(await publishes.source.read(), publishes.groupsOf, { book, now: now() })
      telemetry.problems(problems)
      for (const record of records) await publish(record)
    } catch (error) {
      telemetry.notPublished(error)
      if (kindOf(error) === 'unavailable') void pause(RETRY_MS).then(() => (stopping.signal.aborted ? undefined : lookAgain()))
    }
  }

  const lookAgain = (): Promise<void> => (publishing = publishing.then(look).catch((error: unknown) => telemetry.notPublished(error)))

  function known(): Promise<void> {
    if (caughtUp === undefined) {
      caughtUp = catchUp()
      caughtUp.catch(() => undefined)
    }
    return caughtUp
  }

  return {
    name: 'policies', book, known, inForce: (tenant, at) => book.inForce(tenant, at),
    async start() {
      if (publishes !== undefined) {
        const { problems } = wantedOf(await publishes.source.read(), publishes.groupsOf)
        if (problems.length > 0) throw new Failure('misconfigured', 'policies.files', `Policies have problems (watchkeeper policy check):\n${listed(problems)}`)
      }
      subscription = await bus.subscribe(policies, {
        group,
        async assigned() {
          return 0
        },
        async handle(envelopes) {
          for (const { partition, offset, records } of envelopes) {
            for (const record of records) hear(record)
            reached.set(partition, offset + 1)
            await subscription?.commit(partition, offset + 1)
          }
        },
        async gap(gap) {
          telemetry.gapSeen(gap)
          reached.set(gap.partition, gap.next)
        },
        failed(error) {
          trouble = error instanceof Error ? error.message : String(error)
          log.error({ err: error }, 'policies are not read any more')
        },
      })
      void known()
      if (publishes !== undefined) watch = await publishes.source.watch(async () => void lookAgain())
    },
    async stop() {
      stopping.abort()
      await watch?.close()
      await publishing
      await subscription?.stop()
    },
    notReady: () => trouble,
  }
}
