/** Makes checkpoints: reads what was appended to the logs, signs it, keeps that, and tells it. Nothing that contradicts an earlier checkpoint is signed. */
import { createPublicKey, hash } from 'node:crypto'
import { brokenLogFinding } from '../../detectors/broken-log/finding.ts'
import { type CheckpointRow, logOrigin } from '../../schemas/checkpoint.ts'
import { Failure } from '../../schemas/failure.ts'
import { rawPublicKey, verifierKey } from '../../schemas/note.ts'
import { checkpoints, findings } from '../../schemas/topics.ts'
import type { Anchorable, NotaryConfig, NotaryPorts } from './contracts.ts'
import { type LeafChunk, readChunks, type Start } from './leaf-chunks.ts'
import { BrokenLog, LogTree } from './log-tree.ts'
import { recovered } from './recover.ts'
import { signTrees } from './sign.ts'
import { decodeState, encodeState, type NotaryState } from './state.ts'
import type { NotaryTelemetry } from './telemetry.ts'

export const SNAPSHOT = 'notary'
/** Findings about the installation itself. */
export const OWN_TENANT = 'default'
const SECOND_NS = 1_000_000_000n
/** A look costs the engine some 40 ms, however much is new. */
const LEAST_SECONDS = 2
/** What is broken for so long is not on its way. */
const CONFIRM_NS = 30n * SECOND_NS

export interface DeskPorts extends Pick<NotaryPorts, 'bus' | 'store' | 'snapshots' | 'clock' | 'privateKey'> {
  readonly telemetry: NotaryTelemetry
  /** Whether this process is the notary still; asked before anything is signed for good. Throws what makes the answer impossible. */
  keep(): Promise<boolean>
  /** Offset on topic checkpoints before which everything was read. */
  readonly at: () => number
}

/** What a log is called where nobody named it: by its first key. */
export const nameOf = (config: { readonly name?: string | undefined }, privateKey: NotaryPorts['privateKey']): string =>
  config.name ?? `watchkeeper.local/${hash('sha256', rawPublicKey(privateKey), 'hex').slice(0, 16)}`

export class Desk {
  readonly #config: NotaryConfig
  readonly #ports: DeskPorts
  #state: NotaryState
  /** Signed and kept, and perhaps not told. */
  #untold: readonly CheckpointRow[]
  /** The last look, and the next, nanoseconds. */
  #readAt = 0n
  #nextAt = 0n
  readonly #broken = new Map<string, { readonly since: bigint; said: boolean }>()

  private constructor(config: NotaryConfig, ports: DeskPorts, state: NotaryState) {
    this.#config = config
    this.#ports = ports
    this.#state = state
    this.#untold = state.last
  }

  /** Takes up what the last notary left. Failure `misconfigured` where its key was another one. */
  static async open(config: NotaryConfig, ports: DeskPorts): Promise<Desk> {
    const name = nameOf(config, ports.privateKey)
    const state = await recovered(ports.store, decodeState(await ports.snapshots.load(SNAPSHOT)), { name, key: '' })
    return new Desk(config, ports, acceptedKey(state, config, ports.privateKey))
  }

  /** The newest checkpoint over all partitions; undefined while there is none. */
  get latest(): Anchorable | undefined {
    const row = this.#state.last.at(-1)
    return row === undefined ? undefined : { origin: row.log, size: row.size, root: row.root, note: row.note }
  }

  /** One look: signs where it is time and something is new. False: another process is the notary by now. */
  async look(): Promise<boolean> {
    if (!(await this.#tell())) return false
    const now = this.#ports.clock.now()
    // A clock that was put back does not hold it up.
    if (now < this.#nextAt && now >= this.#readAt) return true
    const starts = [...this.#state.trees].map(([partition, tree]): Start => ({ partition, chunk: tree.chunk }))
    const grown = await this.#grown(starts, now)
    const leaves = [...grown].reduce((sum, [partition, tree]) => sum + tree.size - (this.#state.trees.get(partition)?.size ?? 0), 0)
    this.#plan(now, leaves)
    if (grown.size === 0) return true
    const next = signTrees(this.#state, grown, { privateKey: this.#ports.privateKey, at: now })
    if (!(await this.#ports.keep())) return false
    await this.#ports.snapshots.save(SNAPSHOT, encodeState(next, this.#ports.at()))
    this.#state = next
    this.#untold = next.last
    this.#ports.telemetry.signed(next.last, leaves)
    return await this.#tell()
  }

  async #tell(): Promise<boolean> {
    if (this.#untold.length === 0) return true
    if (!(await this.#ports.keep())) return false
    await this.#ports.bus.publish(checkpoints, this.#untold.map((record) => ({ key: 'log', record })))
    this.#untold = []
    return true
  }

  /** When to look again: when so many events as make a checkpoint are expected, if they go on to come as they did. */
  #plan(now: bigint, leaves: number): void {
    const { checkpointSeconds, checkpointEvents } = this.#config
    const passed = Math.max(Number(now - this.#readAt) / 1e9, LEAST_SECONDS)
    const expected = leaves === 0 ? checkpointSeconds : (checkpointEvents * passed) / leaves
    this.#readAt = now
    this.#nextAt = now + BigInt(Math.round(Math.min(checkpointSeconds, Math.max(LEAST_SECONDS, expected)) * 1e9))
  }

  /** Trees that have more leaves than were signed. */
  async #grown(starts: readonly Start[], now: bigint): Promise<ReadonlyMap<number, LogTree>> {
    const chunks = new Map<number, LeafChunk[]>(starts.map(({ partition }) => [partition, []]))
    for (const chunk of await readChunks(this.#ports.store, starts)) {
      const own = chunks.get(chunk.partition) ?? []
      own.push(chunk)
      chunks.set(chunk.partition, own)
    }
    const grown = new Map<number, LogTree>()
    const whole = new Set<string>(this.#broken.keys())
    for (const [partition, own] of chunks) {
      const before = this.#state.trees.get(partition)
      const tree = new LogTree(before?.save())
      try {
        tree.take(own)
        if (tree.size > (before?.size ?? 0)) grown.set(partition, tree)
      } catch (error) {
        if (!(error instanceof BrokenLog)) throw error
        whole.delete(wordsOf(partition, error))
        await this.#say(partition, error, now)
      }
    }
    for (const why of whole) this.#broken.delete(why)
    return grown
  }

  /** What is still so a while later is told, once. */
  async #say(partition: number, error: BrokenLog, now: bigint): Promise<void> {
    const why = wordsOf(partition, error)
    const known = this.#broken.get(why) ?? { since: now, said: false }
    this.#broken.set(why, known)
    this.#ports.telemetry.broken(partition, error)
    if (known.said || now - known.since < CONFIRM_NS) return
    const signed = this.#state.trees.get(partition)?.size ?? 0
    const id = hash('sha256', `broken-log\u0000${this.#state.name}\u0000${signed}\u0000${why}`, 'hex').slice(0, 32)
    const finding = brokenLogFinding({ tenant: OWN_TENANT, partition, signed, why: error.message, at: now }, id)
    await this.#ports.bus.publish(findings, [{ key: finding.tenant, record: finding }])
    known.said = true
  }
}

const wordsOf = (partition: number, error: BrokenLog): string => `partition ${partition}: ${error.message}`

/** Throws Failure `misconfigured` where the log was signed with another key than this process has, and that is not meant. */
export async function refuseOtherKey(config: NotaryConfig, { snapshots, privateKey }: Pick<NotaryPorts, 'snapshots' | 'privateKey'>): Promise<void> {
  const state = decodeState(await snapshots.load(SNAPSHOT))
  if (state !== undefined) acceptedKey(state, config, privateKey)
}

/** The state with this process's key, if that may sign. */
function acceptedKey(state: NotaryState, { acceptKey }: NotaryConfig, privateKey: NotaryPorts['privateKey']): NotaryState {
  const own = verifierKey(logOrigin(state.name), createPublicKey(privateKey))
  if (state.key === '' || state.key === own || acceptKey === own) return { ...state, key: own }
  throw new Failure('misconfigured', 'audit.other_key',
    `The log ${state.name} was signed with the key ${state.key}, and the signing key of this process is ${own}: put the earlier key back (audit.signing_key_file), ` +
    `or set audit.accept_key to "${own}" where it is lost or was stolen, and tell everybody who verifies.`)
}
