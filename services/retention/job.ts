/** The scheduler's job of retention. It may run in two schedulers at once: ids are made of what is to go, and what is gone is gone once. */
import type { AdminAudit } from '../../schemas/admin-action.ts'
import type { Log } from '../../schemas/ports.ts'
import type { RemovalDesk } from './desk.ts'

export interface RemovalJob {
  readonly name: string
  readonly schedule: string
  run(signal: AbortSignal): Promise<void>
}

export const retentionJob = (desk: () => Promise<RemovalDesk>, schedule: string): RemovalJob => ({
  name: 'retention', schedule,
  async run(signal) {
    await (await desk()).expire({ by: 'watchkeeper', source: 'watchkeeper' }, signal)
  },
})

/** Keys of the log that are to be destroyed. */
export interface RetiredKeys {
  readonly keys: readonly string[]
}

export interface LogKeys<R extends RetiredKeys> {
  turnDaily(): Promise<void>
  due(): Promise<readonly R[]>
  destroy(retired: R): Promise<void>
  /** Destroyed ones of which nothing is left where they were kept; each is told once. None where that was so at once. */
  gone(): Promise<readonly R[]>
}

export interface LogKeyPorts<R extends RetiredKeys> {
  readonly sealing: LogKeys<R>
  readonly audit: AdminAudit
  readonly log: Log
  /** How many legal holds are in force. */
  holds(): Promise<number>
}

/** A new key a day; and those that an erasure retired are destroyed when their time has come, but while no legal hold is in force. */
export const logKeysJob = <R extends RetiredKeys>({ sealing, audit, log, holds }: LogKeyPorts<R>): RemovalJob => ({
  name: 'log-keys', schedule: '* * * * *',
  async run() {
    const during = (action: 'key.destroy' | 'key.gone', { keys }: RetiredKeys, work: () => Promise<void>): Promise<void> =>
      audit.during({ action, object: 'log keys', tenant: 'default', actor: 'watchkeeper', actor_source: 'watchkeeper', details: { keys: keys.join(' ') } }, work)
    await sealing.turnDaily()
    for (const retired of await sealing.gone()) await during('key.gone', retired, () => Promise.resolve())
    const due = await sealing.due()
    if (due.length === 0) return
    const held = await holds()
    if (held > 0) {
      log.info({ holds: held, waiting: due.length }, 'keys of the log are not destroyed while a legal hold is in force')
      return
    }
    for (const retired of due) await during('key.destroy', retired, () => sealing.destroy(retired))
  },
})
