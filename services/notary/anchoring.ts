/** One anchor on its schedule: what it has, what it is given next, and the alarm when it takes nothing. */
import { hash } from 'node:crypto'
import { Packr } from 'msgpackr'
import { anchorFinding } from '../../detectors/anchor-failing/finding.ts'
import type { AnchorRow } from '../../schemas/checkpoint.ts'
import { CompactRange } from '../../schemas/merkle.ts'
import { anchors, findings } from '../../schemas/topics.ts'
import type { Anchor, Anchorable, NotaryPorts, WitnessAnchor } from './contracts.ts'
import { OWN_TENANT } from './desk.ts'
import type { NotaryTelemetry } from './telemetry.ts'
import { growthProof, topLeaves, topRange } from './top-log.ts'
import { addCheckpointBody, readAnswer } from './witness.ts'

const VERSION = 1
const SECOND_NS = 1_000_000_000n
const FIRST_RETRY_SECONDS = 15
/** Failures in a row that are an alarm, and after how long it is told again. */
const ALARM_FAILURES = 3
const ALARM_AGAIN_NS = 43_200n * SECOND_NS

export interface AnchoringPorts extends Pick<NotaryPorts, 'bus' | 'store' | 'snapshots' | 'clock'> {
  readonly telemetry: NotaryTelemetry
}

interface Held {
  /** What the anchor has: of a witness all that a proof from there needs, else its size alone. */
  readonly size: number
  readonly range: Buffer
  readonly failures: number
  /** First failure in a row, nanoseconds as text; '' where there is none. */
  readonly since: string
}

/** Rows of the table that the proof needs are still on their way. */
class NotYet extends Error {}

const packr = new Packr({ useRecords: true })

export class Anchoring {
  readonly #anchor: Anchor
  readonly #ports: AnchoringPorts
  #held: Held
  /** Nanoseconds. */
  #nextAt = 0n
  /** The alarm that was told last. */
  #said = ''

  private constructor(anchor: Anchor, ports: AnchoringPorts, held: Held) {
    this.#anchor = anchor
    this.#ports = ports
    this.#held = held
  }

  static async open(anchor: Anchor, ports: AnchoringPorts): Promise<Anchoring> {
    const saved = await ports.snapshots.load(`anchor-${anchor.name}`)
    const held: Held = saved?.version === VERSION ? packr.unpack(saved.state) as Held : { size: 0, range: new CompactRange().encode(), failures: 0, since: '' }
    return new Anchoring(anchor, ports, held)
  }

  /** Gives the anchor the checkpoint where it is time and the anchor has it not. Throws only where bus or snapshots are away. */
  async round(latest: Anchorable, signal: AbortSignal): Promise<void> {
    const now = this.#ports.clock.now()
    if (now < this.#nextAt || latest.size === this.#held.size) return
    try {
      const { note, range } = await this.#put(latest, signal)
      this.#wait(now, this.#anchor.everySeconds)
      await this.#keep({ size: latest.size, range: range.encode(), failures: 0, since: '' })
      this.#ports.telemetry.anchored(this.#anchor, latest)
      await this.#tell(latest, { ok: true, detail: '', note, anchored_at: now })
    } catch (error) {
      if (signal.aborted || error instanceof NotYet) return
      await this.#failed(latest, (error as Error).message.slice(0, 512), now)
    }
  }

  #wait(now: bigint, seconds: number): void {
    this.#nextAt = now + BigInt(Math.round(seconds * 1e9))
  }

  async #put(latest: Anchorable, signal: AbortSignal): Promise<{ readonly note: string; readonly range: CompactRange }> {
    if (this.#anchor.kind === 'witness') return await this.#cosigned(this.#anchor, latest, signal)
    await this.#anchor.put(latest, signal)
    return { note: latest.note, range: new CompactRange() }
  }

  async #cosigned(witness: WitnessAnchor, latest: Anchorable, signal: AbortSignal): Promise<{ readonly note: string; readonly range: CompactRange }> {
    const kept = CompactRange.decode(this.#held.range)
    let old = kept.size <= latest.size ? kept : new CompactRange()
    for (let tries = 0; ; tries++) {
      const behind: Buffer[] = []
      for await (const leaves of topLeaves(this.#ports.store, old.size, latest.size)) behind.push(...leaves)
      if (old.size + behind.length !== latest.size) throw new NotYet('checkpoints are on their way to the table')
      const body = addCheckpointBody({ oldSize: old.size, proof: growthProof(old, behind), note: latest.note })
      const answer = readAnswer(await witness.addCheckpoint(body, signal), latest.note, witness.verifier)
      if (answer.kind === 'cosigned') {
        for (const leaf of behind) old.append(leaf)
        return { note: answer.note, range: old }
      }
      if (answer.kind === 'refused') throw new Error(answer.why)
      old = await this.#rangeAt(answer.size, { told: old.size, latest: latest.size, isLast: tries > 0 })
    }
  }

  /** What the witness says that it saw. */
  async #rangeAt(size: number, { told, latest, isLast }: { readonly told: number; readonly latest: number; readonly isLast: boolean }): Promise<CompactRange> {
    if (size > latest) throw new Error(`the witness has seen this log at size ${size}, and it is at ${latest}: it was cut off or put back`)
    if (size === told) throw new Error(`the witness has signed another state of this log at size ${size}: it was rewritten`)
    if (isLast) throw new Error(`the witness says size ${size} now: somebody else gives it checkpoints of this log`)
    const range = await topRange(this.#ports.store, size)
    if (range === undefined) throw new NotYet('checkpoints are on their way to the table')
    return range
  }

  async #failed(latest: Anchorable, why: string, now: bigint): Promise<void> {
    const failures = this.#held.failures + 1
    const since = this.#held.since === '' ? now : BigInt(this.#held.since)
    this.#wait(now, Math.min(this.#anchor.everySeconds, FIRST_RETRY_SECONDS * 2 ** Math.min(failures - 1, 10)))
    this.#ports.telemetry.anchorFailed(this.#anchor, failures, why)
    if (failures >= ALARM_FAILURES) await this.#alarm({ latest, why, failures, since, now })
    await this.#keep({ ...this.#held, failures, since: String(since) })
    await this.#tell(latest, { ok: false, detail: why, note: latest.note, anchored_at: now })
  }

  /** The same alarm has the same id: once for each time that the anchor fails, and again twice a day. */
  async #alarm({ latest, ...told }: { readonly latest: Anchorable; readonly why: string; readonly failures: number; readonly since: bigint; readonly now: bigint }): Promise<void> {
    const { name: anchor, kind } = this.#anchor
    const about = `anchor-failing\u0000${latest.origin}\u0000${anchor}\u0000${told.since}\u0000${(told.now - told.since) / ALARM_AGAIN_NS}`
    const finding = anchorFinding({ ...told, anchor, kind, tenant: OWN_TENANT, anchoredSize: this.#held.size, size: latest.size }, hash('sha256', about, 'hex').slice(0, 32))
    if (this.#said === finding.finding_id) return
    await this.#ports.bus.publish(findings, [{ key: finding.tenant, record: finding }])
    this.#said = finding.finding_id
  }

  async #keep(held: Held): Promise<void> {
    await this.#ports.snapshots.save(`anchor-${this.#anchor.name}`, { version: VERSION, nextOffset: 0, state: packr.pack(held) })
    this.#held = held
  }

  async #tell({ origin, size, root }: Anchorable, told: Pick<AnchorRow, 'ok' | 'detail' | 'note' | 'anchored_at'>): Promise<void> {
    const { name: anchor, kind } = this.#anchor
    const anchorId = hash('sha256', `${anchor}\u0000${origin}\u0000${size}\u0000${told.anchored_at}`, 'hex').slice(0, 32)
    await this.#ports.bus.publish(anchors, [{ key: anchor, record: { anchor_id: anchorId, anchor, kind, log: origin, size, root, ...told } }])
  }
}
