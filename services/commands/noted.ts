/** Commands that take data out of a data directory of this machine are in its audit log, like what goes through a door. */
import { existsSync } from 'node:fs'
import { openAdminAudit } from '../../infra/guarded-files/admin-spool.ts'
import { osUser } from './os-user.ts'

const OWN_TENANT = 'default'

export interface Taking {
  /** `evidence.export` */
  readonly action: string
  readonly object: string
  readonly dataDir: string
  readonly details: Readonly<Record<string, string>>
}

/**
 * Written down before `work` is begun, which is not begun where that fails; the running or next process makes the event of it. Where there is no data
 * directory here, the door that is asked writes it down.
 */
export async function noted<T>({ action, object, dataDir, details }: Taking, work: () => Promise<T>): Promise<T> {
  if (!existsSync(dataDir)) return await work()
  return await openAdminAudit(dataDir).during({ action, object, tenant: OWN_TENANT, actor: osUser(), actor_source: 'os.user', details: { ...details } }, work)
}
