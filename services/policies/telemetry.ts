/** What happens to policies, as metrics and log lines. Names and versions only. */
import { metrics } from '@opentelemetry/api'
import type { PolicyRecord } from '../../schemas/policy-record.ts'
import type { Gap, Log } from '../../schemas/ports.ts'
import type { PolicyBook } from './book.ts'

export interface PoliciesTelemetry {
  heard(record: PolicyRecord): void
  unreadable(record: PolicyRecord): void
  /** Of all files, at this look; empty = they are in order. */
  problems(problems: readonly string[]): void
  notPublished(error: unknown): void
  gapSeen(gap: Gap): void
}

const nameOf = ({ tenant, policy, version, hash, action, mode, in_force_from: from }: PolicyRecord): Readonly<Record<string, unknown>> =>
  ({ tenant, policy, version, hash, action, mode, in_force_from: new Date(Number(from / 1_000_000n)).toISOString() })

export function policiesTelemetry(log: Log, book: PolicyBook): PoliciesTelemetry {
  const meter = metrics.getMeter('watchkeeper.policies')
  let broken = 0
  let told = ''
  meter.createObservableGauge('watchkeeper.policies.in_force', { description: 'Policies that are in force, all tenants' }).addCallback((result) => result.observe(book.published.length))
  meter.createObservableGauge('watchkeeper.policies.problems', { description: 'Problems of policy files at the last look: what they are about stays as it was' }).addCallback((result) => result.observe(broken))
  const unread = meter.createCounter('watchkeeper.policies.unreadable', { description: 'Published policies that this version of the program cannot read: the version before stays in force' })
  return {
    heard: (record) => log.info(nameOf(record), 'a policy was published'),
    unreadable(record) {
      unread.add(1)
      log.error(nameOf(record), 'a published policy cannot be read by this version: the one before stays in force here')
    },
    problems(problems) {
      broken = problems.length
      const now = problems.join('\n')
      if (now !== told && broken > 0) log.error({ problems }, 'policy files have problems: what they are about stays as it was')
      if (now !== told && broken === 0) log.info({}, 'policy files are in order again')
      told = now
    },
    notPublished: (error) => log.error({ err: error }, 'policies could not be looked at or published; it is tried again'),
    gapSeen: (gap) => log.error({ ...gap }, 'published policies are lost on the bus'),
  }
}
