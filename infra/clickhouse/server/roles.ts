/** The SQL of the roles, statement by statement. It is run by who administers the server, not by us: no process of ours may create users. */
import { readFileSync } from 'node:fs'
import { Failure } from '../../../schemas/failure.ts'
import { statementsOf } from '../migrate.ts'

const file = (name: string): string => readFileSync(new URL(`../roles/${name}`, import.meta.url), 'utf8')

/** Profiles, roles, grants, policies and quotas that do not depend on a tenant: for our processes, then for people. Each can run again. */
export const roleStatements = (): readonly string[] => ['01_services.sql', '02_people.sql'].flatMap((name) => statementsOf(file(name)))

const TENANT = /^[a-z0-9][a-z0-9_-]{0,62}$/

/** Role `soc_analyst_TENANT` and its row policy. Throws Failure `rejected` for a name that could end the literal it stands in. */
export function tenantStatements(tenant: string): readonly string[] {
  if (!TENANT.test(tenant)) throw new Failure('rejected', 'roles.tenant', 'a tenant is 1 to 63 of a-z 0-9 _ -')
  return statementsOf(file('03_tenant.sql').replaceAll('$tenant', tenant))
}
