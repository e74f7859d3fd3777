/** One member of a consumer group: joins, is told its partitions, is heard by the broker, and joins again when others come and go. */
import { Failure } from '../../schemas/failure.ts'
import type { Log } from '../../schemas/ports.ts'
import type { ClusterLink } from './cluster-link.ts'
import { Bell, pause, within } from './deadline.ts'
import { causeOf, failureOf } from './failures.ts'
import { type Assigned, decodeAssigned, decodeClaim, encodeAssigned, encodeClaim, PROTOCOL, share } from './group-protocol.ts'
import type { Membership } from './offsets.ts'

export interface GroupMemberOptions {
  readonly link: ClusterLink
  /** For leaving, while the own connections may be silent in a join. */
  readonly control: ClusterLink
  readonly groupId: string
  readonly topic: string
  readonly partitions: number
  readonly instance: string
  readonly process: string
  readonly sessionTimeoutMs: number
  readonly log: Log
  /** Partitions that are still held, also those being let go. */
  held(): readonly number[]
  /** These, and no others, from now on. */
  assigned(partitions: readonly number[]): void
  /** The group goes on without this member: let go of everything. Resolves when that is done. */
  lost(): Promise<void>
  /** The member cannot go on. */
  failed(error: Failure): void
}

/** How long the broker waits for members to join again. They do so at once, with what they hold, so it is not how long letting go may take. */
const REBALANCE_MS = 15_000
const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 2000
/** Its last one, and some time for the others to be told. */
const SESSIONS_OF_THE_DEAD = 1.5
const AGAIN = new Set(['REBALANCE_IN_PROGRESS'])
const UNKNOWN = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'])

export class GroupMember {
  readonly #options: GroupMemberOptions
  readonly #stop = new AbortController()
  readonly #bell = new Bell()
  #memberId = ''
  #generation = -1
  #joined = false
  #rejoin = true
  #joining = false
  #joinDue = 0
  /** Since when another process of the same instance name is in the group. */
  #refusedAt: number | undefined
  #heardAt = performance.now()
  #done: Promise<void> = Promise.resolve()

  constructor(options: GroupMemberOptions) {
    this.#options = options
  }

  /** Undefined while it is not (or not yet again) in the group. */
  get membership(): Membership | undefined {
    return this.#joined ? { memberId: this.#memberId, generationId: this.#generation } : undefined
  }

  /** Milliseconds since the broker last answered, or should have: it holds the answer to a join until all members have joined. */
  get silentMs(): number {
    return performance.now() - (this.#joining ? Math.max(this.#heardAt, this.#joinDue) : this.#heardAt)
  }

  start(): void {
    this.#done = this.#run()
  }

  /** Asks for another assignment: something that was to go elsewhere is free now. */
  rejoin(): void {
    this.#rejoin = true
    this.#bell.ring()
  }

  /** Leaves the group, so that the others need not wait for a session to end. */
  async stop(): Promise<void> {
    if (this.#stop.signal.aborted) return await this.#done
    this.#stop.abort()
    this.#bell.ring()
    const left = await this.#leave()
    await within(this.#options.control.callMs, 'leaving the group', this.#done).catch(() => undefined)
    // A first join that was on its way has brought a name only now. Left unsaid, the others would wait for its session to end.
    if (this.#memberId !== left) await this.#leave()
  }

  async #leave(): Promise<string> {
    const { control, groupId } = this.#options
    const memberId = this.#memberId
    if (memberId !== '') await control.coordinator(groupId, 'leaving the group', (broker) => broker.leaveGroup({ groupId, memberId })).catch(() => undefined)
    return memberId
  }

  async #run(): Promise<void> {
    let wait = FIRST_WAIT_MS
    while (!this.#stop.signal.aborted) {
      try {
        if (this.#rejoin) await this.#join()
        else await this.#heartbeat()
        wait = FIRST_WAIT_MS
      } catch (error) {
        if (!(await this.#recover(error, wait))) return
        wait = Math.min(wait * 2, LONGEST_WAIT_MS)
      }
    }
  }

  async #join(): Promise<void> {
    const { link, groupId, topic, instance, process, sessionTimeoutMs, held } = this.#options
    this.#rejoin = false
    const claim = { owned: held(), generation: this.#generation, instance, process }
    const request = {
      groupId, sessionTimeout: sessionTimeoutMs, rebalanceTimeout: REBALANCE_MS, memberId: this.#memberId,
      groupProtocols: [{ name: PROTOCOL, metadata: encodeClaim(topic, claim) }],
    }
    const patience = REBALANCE_MS + sessionTimeoutMs
    this.#joinDue = performance.now() + patience
    this.#joining = true
    const joined = await link.coordinator(groupId, 'joining the group', (broker) => broker.joinGroup(request), patience).finally(() => { this.#joining = false })
    this.#memberId = joined.memberId
    if (this.#stop.signal.aborted) return
    this.#heard()
    this.#joined = false
    const { generationId, memberId } = joined
    const groupAssignment = joined.leaderId === memberId ? this.#share(joined.members) : []
    const { memberAssignment } = await link.coordinator(groupId, 'synchronising the group',
      (broker) => broker.syncGroup({ groupId, generationId, memberId, groupAssignment }), REBALANCE_MS)
    this.#heard()
    this.#generation = generationId
    this.#joined = true
    this.#take(decodeAssigned(topic, memberAssignment))
  }

  #share(members: readonly { memberId: string; memberMetadata: Buffer }[]): { memberId: string; memberAssignment: Buffer }[] {
    const { topic, partitions } = this.#options
    const shares = share(members.map(({ memberId, memberMetadata }) => ({ memberId, claim: decodeClaim(memberMetadata) })), partitions)
    return [...shares].map(([memberId, assigned]) => ({ memberId, memberAssignment: encodeAssigned(topic, assigned) }))
  }

  #take({ partitions, refused }: Assigned): void {
    this.#refusedAt = refused ? (this.#refusedAt ?? performance.now()) : undefined
    this.#options.assigned(partitions)
  }

  /** A process that was killed while it joined is a member for a session more, and looks alive. One that is there after that is. */
  #assertOnlyOne(): void {
    const { groupId, instance, sessionTimeoutMs } = this.#options
    if (this.#refusedAt === undefined || performance.now() - this.#refusedAt < sessionTimeoutMs * SESSIONS_OF_THE_DEAD) return
    throw new Failure('misconfigured', 'kafka.same_instance', `Kafka: another living process of group ${groupId} is called ${JSON.stringify(instance)}: ` +
      'give each process an instance name of its own, or stop the other one')
  }

  async #heartbeat(): Promise<void> {
    const { link, groupId, sessionTimeoutMs } = this.#options
    await this.#bell.wait(Math.min(1000, sessionTimeoutMs / 6))
    if (this.#rejoin || this.#stop.signal.aborted) return
    this.#assertOnlyOne()
    const { memberId } = { memberId: this.#memberId }
    await link.coordinator(groupId, 'a heartbeat', (broker) => broker.heartbeat({ groupId, groupGenerationId: this.#generation, memberId }))
    this.#heard()
  }

  #heard(): void {
    this.#heardAt = performance.now()
  }

  /** False = over. */
  async #recover(error: unknown, wait: number): Promise<boolean> {
    const { groupId, failed, lost, log, sessionTimeoutMs, link } = this.#options
    if (this.#stop.signal.aborted) return false
    const { type } = causeOf(error)
    if (AGAIN.has(type)) {
      this.#heard()
      this.#rejoin = true
      return true
    }
    const failure = failureOf(error, `take part in group ${groupId}`)
    log.debug({ code: failure.code, type, group: groupId }, 'kafka group')
    if (failure.kind === 'misconfigured') {
      failed(failure)
      return false
    }
    // Whatever it was doing, it joins next: with a member id that the broker still knows it keeps what it has.
    this.#rejoin = true
    if (UNKNOWN.has(type)) await this.#forget(lost)
    // Without a word for a session others may have its partitions. Its name it keeps: a broker that was away itself still knows it, and would wait for it.
    else if (performance.now() - this.#heardAt > sessionTimeoutMs) await lost()
    if (!UNKNOWN.has(type)) await link.refresh().catch(() => undefined)
    return UNKNOWN.has(type) ? true : await pause(wait, this.#stop.signal)
  }

  /** The others have been given its partitions by now, or will be: two must not work on one for longer than it takes to notice. */
  async #forget(lost: () => Promise<void>): Promise<void> {
    this.#joined = false
    this.#memberId = ''
    this.#generation = -1
    await lost()
  }
}
