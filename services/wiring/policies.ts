/** Policies of this process: judged by where there is a worker, published where the scheduler is. */
import { randomUUID } from 'node:crypto'
import { openAdminAudit } from '../../infra/guarded-files/admin-spool.ts'
import { type PolicyPlaces, readPolicyFiles, watchPolicyFiles } from '../../infra/guarded-files/policy-files.ts'
import type { Bus, Log } from '../../schemas/ports.ts'
import type { Config } from '../config/schema.ts'
import type { GroupsOf } from '../policies/read-policy.ts'
import { createPolicies, type PoliciesService, type PolicySource } from '../policies/service.ts'
import { systemClock } from './clock.ts'

/** Groups of the table of identities. A name of one tenant is somebody else in another, so a policy for all tenants has none of them. */
export function groupsOf({ identities }: Pick<Config, 'identities'>): GroupsOf {
  return (tenant, group) => {
    const members = identities.filter((identity) => identity.tenant === tenant && identity.groups.includes(group))
    return members.length === 0 ? undefined : members.flatMap(({ name, aliases }) => [name, ...aliases])
  }
}

export const policySource = (places: PolicyPlaces): PolicySource => ({ read: () => readPolicyFiles(places), watch: (changed) => watchPolicyFiles(places, changed) })

export interface PolicyKit {
  readonly config: Config
  readonly bus: Bus
  readonly log: Log
}

/** `publishes`: this process has the files. */
export function openPolicies(publishes: boolean, { config, bus, log }: PolicyKit): PoliciesService {
  // Each process hears all of them, so on Kafka its group is its own.
  const group = config.bus.kafka === undefined ? 'policies' : `policies~${randomUUID().slice(0, 8)}`
  const publisher = { source: policySource(config.policy), groupsOf: groupsOf(config), audit: openAdminAudit(config.data_dir) }
  return createPolicies({ group, publishes: publishes ? publisher : undefined }, { bus, clock: systemClock, log })
}
