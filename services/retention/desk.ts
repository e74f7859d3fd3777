/** Erasure of a person and retention by age, one at a time, each written down before it is done. */
import { hash, randomBytes } from 'node:crypto'
import { Failure } from '../../schemas/failure.ts'
import type { Expiry, Hold, Removed, RemovalRow, Subject } from '../../schemas/removal.ts'
import type { Asking, RemovalPorts } from './contracts.ts'
import { dueOf, type RetentionPolicy } from './due.ts'
import { HoldDesk } from './holds.ts'
import { begin, findRemoval, finish, readRemovals, unfinished } from './removal-rows.ts'
import type { CheckTurn } from './turns.ts'

export interface ErasureOrder {
  readonly tenant: string
  readonly subject: string
  readonly aliases: readonly string[]
  readonly reason: string
  readonly mentions: boolean
}

/** How far a removal of this process is. */
export interface Progress {
  readonly table: string
  readonly done: number
  readonly of: number
  /** Why it stopped; '' while it goes on. */
  readonly failed: string
  /** What became of the copies on the bus. */
  readonly bus: string
}

export interface Planned {
  readonly expiry: Expiry
  readonly tables: ReadonlyMap<string, bigint>
}

/** An actor of the configuration with all that emitters call it. */
export interface KnownNames {
  readonly tenant: string
  readonly name: string
  readonly aliases: readonly string[]
}

/** What is kept of an erasure until it is done: with it, another process can go on. */
interface KeptErasure {
  /** With all names that were known at first. */
  readonly order: ErasureOrder
  readonly asking: Asking
  readonly subjectHash: string
}

interface Turn {
  readonly row: RemovalRow
  readonly asking: Asking
  /** Of who is erased. */
  readonly names: readonly string[]
}

const lower = (text: string): string => text.toLowerCase()
const hex = (text: string): string => hash('sha256', text, 'hex').slice(0, 32)
const countsOf = (tables: ReadonlyMap<string, bigint>): string => JSON.stringify(Object.fromEntries([...tables].filter(([, rows]) => rows > 0n).map(([table, rows]) => [table, Number(rows)])))

/** A reason that names the person would keep what is to be forgotten. */
export function withoutNames(reason: string, names: readonly string[]): string {
  let clean = reason
  for (const name of [...names].sort((a, b) => b.length - a.length)) {
    const found = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    clean = clean.replace(new RegExp(found, 'giu'), '[subject]')
  }
  return clean
}

export class RemovalDesk {
  readonly holds: HoldDesk
  readonly #ports: RemovalPorts
  readonly #policy: RetentionPolicy
  readonly #known: readonly KnownNames[]
  readonly #progress = new Map<string, Progress>()
  /** Erasures of which this process said in the log that they begin. */
  readonly #begun = new Set<string>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(ports: RemovalPorts, policy: RetentionPolicy, known: readonly KnownNames[]) {
    this.#ports = ports
    this.#policy = policy
    this.#known = known
    this.holds = new HoldDesk(ports)
  }

  /** All names of the subject: those given, and those that the configuration knows for one of them. */
  subjectOf({ tenant, subject, aliases, mentions }: ErasureOrder): Subject {
    const given = new Set([subject, ...aliases].map(lower))
    for (const known of this.#known) {
      const all = [known.name, ...known.aliases].map(lower)
      if (known.tenant === tenant && all.some((name) => given.has(name))) for (const name of all) given.add(name)
    }
    return { tenant, names: [...given].sort(), mentions }
  }

  /** Rows that an erasure would change now, and the holds that stand against it. */
  async plan(order: ErasureOrder): Promise<{ readonly tables: ReadonlyMap<string, bigint>; readonly holds: readonly Hold[] }> {
    const subject = this.subjectOf(order)
    return { tables: await this.#ports.remover.count(subject), holds: await this.#against(subject) }
  }

  async #against(subject: Subject): Promise<readonly Hold[]> {
    return this.#ports.remover.against(subject, await this.holds.list(subject.tenant, false))
  }

  /** Begins an erasure, or goes on with one of the same subject. Throws Failure `rejected` (`removal.held`) where a legal hold stands against it. */
  async erase(order: ErasureOrder, asking: Asking): Promise<string> {
    const { store, orders } = this.#ports
    const subject = this.subjectOf(order)
    const subjectHash = (await this.#ports.keyedHash()).of(subject.tenant, 'content', `subject\u0000${subject.names.join('\u0000')}`)
    this.#refuseHeld(await this.#against(subject))
    const open = await unfinished(store, subject.tenant, subjectHash)
    if (open !== undefined && this.#isRunning(open.removal_id)) return open.removal_id
    const removalId = open?.removal_id ?? randomBytes(16).toString('hex')
    const kept: KeptErasure = { order: { ...order, aliases: [...new Set([...order.aliases, ...subject.names])] }, asking, subjectHash }
    // Before anything is written down where all can see it: whoever finds the removal begun finds the order too.
    await orders.keep(removalId, JSON.stringify(kept))
    try {
      await this.#carryOut(removalId, kept, async (error) => {
        // It was refused before it changed anything: nobody waits for the hold to be released.
        if (open === undefined && error instanceof Failure && error.code === 'removal.held') await orders.destroy(removalId)
      })
    } catch (error) {
      // Whoever asked hears that it was not begun: then it must not begin by itself.
      if (open === undefined) await orders.destroy(removalId)
      throw error
    }
    return removalId
  }

  /** Goes on with the erasures that this process began, or the one before it that was killed. Those that fail are tried again at the next call, and keep no other from going on. */
  async resume(): Promise<void> {
    for (const removalId of await this.#ports.orders.list()) {
      if (this.#isRunning(removalId)) continue
      try {
        await this.#resume(removalId)
      } catch (error) {
        this.#tell(removalId, { table: '', done: 0, of: 1 })
        this.#failed(removalId, error)
        this.#ports.log.error({ err: error, removal: removalId }, 'an erasure that was begun cannot go on')
      }
    }
  }

  async #resume(removalId: string): Promise<void> {
    const { orders, store, log } = this.#ports
    const text = await orders.read(removalId)
    if (text === undefined) return
    const kept = JSON.parse(text) as KeptErasure
    const row = await findRemoval(store, kept.order.tenant, removalId)
    if (row?.state === 'done') return await orders.destroy(removalId)
    log.info({ removal: removalId, tenant: kept.order.tenant }, 'an erasure that was begun goes on')
    await this.#carryOut(removalId, kept, () => Promise.resolve())
  }

  /** Writes down that it begins, where that is not yet so, and puts it in its turn. */
  async #carryOut(removalId: string, { order, asking, subjectHash }: KeptErasure, stopped: (error: unknown) => Promise<void>): Promise<void> {
    const { store, clock, log, remover, orders } = this.#ports
    const subject = this.subjectOf(order)
    const reason = withoutNames(order.reason, subject.names)
    const before = await findRemoval(store, subject.tenant, removalId)
    // Whoever was killed may have left no word in the log that it began; and what stands there half done without one looks like tampering.
    const row = before?.state === 'running' && this.#begun.has(removalId) ? before : await this.#written('erasure.begin', { removalId, tenant: subject.tenant, asking, details: { reason, subject_hash: subjectHash } }, () => begin(store, {
      removal_id: removalId, tenant: subject.tenant, kind: 'erasure', class: 'subject', subject_hash: subjectHash, until: 0n, reason, removed_by: asking.by, started_at: clock.now(),
    }))
    this.#begun.add(removalId)
    this.#inTurn({ row, asking, names: [...new Set([order.subject, ...order.aliases, ...subject.names])] }, async (check) => {
      // Somebody may have placed a hold while it waited.
      this.#refuseHeld(await this.#against(subject))
      return remover.erase(removalId, subject, (table, done, of) => {
        check()
        this.#tell(removalId, { table, done, of })
      })
    }).then(() => orders.destroy(removalId)).catch(async (error: unknown) => {
      log.error({ err: error, removal: removalId }, 'an erasure stopped; it is tried again')
      await stopped(error)
    }).catch((error: unknown) => log.error({ err: error, removal: removalId }, 'the order of an erasure could not be destroyed'))
  }

  #refuseHeld(holds: readonly Hold[]): void {
    if (holds.length === 0) return
    const which = holds.slice(0, 5).map(({ hold_id, kind }) => `${hold_id} (${kind})`).join(', ')
    throw new Failure('rejected', 'removal.held', `A legal hold stands against it: ${which}. Nothing was erased; release the hold first, where that may be done.`)
  }

  #isRunning(removalId: string): boolean {
    const progress = this.#progress.get(removalId)
    return progress !== undefined && progress.failed === '' && progress.done < progress.of
  }

  #tell(removalId: string, { table, done, of }: Pick<Progress, 'table' | 'done' | 'of'>): void {
    this.#progress.set(removalId, { failed: '', bus: '', ...this.#progress.get(removalId), table, done, of })
  }

  #failed(removalId: string, error: unknown): void {
    this.#progress.set(removalId, { ...(this.#progress.get(removalId) as Progress), failed: error instanceof Error ? error.message : String(error) })
  }

  async #inTurn(turnOf: Turn, work: (check: CheckTurn) => Promise<Removed>): Promise<void> {
    const { removal_id: id } = turnOf.row
    this.#progress.delete(id)
    this.#tell(id, { table: 'waits for its turn', done: 0, of: 1 })
    const turn = this.#last.then(() => this.#ports.turns.during(turnOf.row.tenant, (check) => this.#run(turnOf, () => work(check))))
    this.#last = turn.catch(() => undefined)
    try {
      await turn
    } catch (error) {
      this.#failed(id, error)
      throw error
    }
  }

  async #run({ row, asking, names }: Turn, work: () => Promise<Removed>): Promise<void> {
    const { removal_id: removalId, tenant, kind } = row
    // Another process may have been asked for the same, and was quicker.
    if ((await findRemoval(this.#ports.store, tenant, removalId))?.state === 'done') {
      this.#progress.set(removalId, { table: '', done: 1, of: 1, failed: '', bus: '' })
      return
    }
    const removed = await work()
    const bus = kind === 'erasure' ? await this.#ports.forget(tenant, names) : ''
    // The tombstone: what is gone is said by an event of the same log, whose leaf proves it.
    const details = { events: String(removed.events), events_digest: removed.digest, tables: countsOf(removed.tables), ...(bus === '' ? {} : { bus }) }
    await this.#written(`${kind}.done`, { removalId, tenant, asking, details }, () => finish(this.#ports.store, row, removed, this.#ports.clock.now()))
    this.#progress.set(removalId, { table: '', done: 1, of: 1, failed: '', bus })
    this.#ports.log.info({ removal: removalId, tenant, kind, events: Number(removed.events) }, 'records were removed')
  }

  #written<T>(action: string, { removalId, tenant, asking, details }: { readonly removalId: string; readonly tenant: string; readonly asking: Asking; readonly details: Readonly<Record<string, string>> }, work: () => Promise<T>): Promise<T> {
    return this.#ports.audit.during({ action, object: `removal/${removalId}`, tenant, actor: asking.by, actor_source: asking.source, details: { ...details } }, work)
  }

  /** What retention would remove now. */
  async due(tenant: string | undefined): Promise<readonly Planned[]> {
    const { remover, clock } = this.#ports
    const tenants = (await remover.tenants()).filter((one) => tenant === undefined || one === tenant)
    const holds = await this.holds.list(tenant, false)
    const planned: Planned[] = []
    for (const expiry of dueOf(this.#policy, tenants, clock.now())) planned.push({ expiry, tables: await remover.countExpired(expiry, holds) })
    return planned
  }

  /** Removes what has outlived its time; the answer is what was removed. A hold placed meanwhile counts for what comes after. */
  async expire(asking: Asking, signal: AbortSignal): Promise<readonly string[]> {
    const { remover, store, clock } = this.#ports
    const done: string[] = []
    for (const { expiry, tables } of await this.due(undefined)) {
      signal.throwIfAborted()
      const { tenant, class: kind, until } = expiry
      const removalId = hex(`retention\u0000${tenant}\u0000${kind}\u0000${until}`)
      const begun = await findRemoval(store, tenant, removalId)
      if ([...tables.values()].every((rows) => rows === 0n) && begun?.state !== 'running') continue
      const details = { class: kind, until: new Date(Number(until / 1_000_000n)).toISOString(), would: countsOf(tables) }
      const row = await this.#written('retention.begin', { removalId, tenant, asking, details }, () => begin(store, {
        removal_id: removalId, tenant, kind: 'retention', class: kind, subject_hash: '', until, reason: `configured retention of ${kind}`, removed_by: asking.by, started_at: clock.now(),
      }))
      await this.#inTurn({ row, asking, names: [] }, async (check) =>
        remover.expire(removalId, expiry, await this.holds.list(tenant, false), (table, at, of) => {
          check()
          this.#tell(removalId, { table, done: at, of })
        }))
      done.push(removalId)
    }
    return done
  }

  async removals(tenant: string | undefined): Promise<readonly { readonly row: RemovalRow; readonly progress: Progress | undefined }[]> {
    return (await readRemovals(this.#ports.store, tenant)).map((row) => ({ row, progress: this.#progress.get(row.removal_id) }))
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await this.#last
  }
}
