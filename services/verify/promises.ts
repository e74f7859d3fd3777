/** What was signed and put outside: which roots each log must have at which sizes. */
import { bodyOf, logOrigin, partitionOrigin } from '../../schemas/checkpoint.ts'
import { HASH_BYTES } from '../../schemas/merkle.ts'
import { type Checkpoint, COSIGNATURE, openNote, parseCheckpoint, type Verifier, verifierOf } from '../../schemas/note.ts'
import type { EvidenceSource, Fault, StoredCheckpoint } from '../../schemas/evidence.ts'
import type { Claims } from './leaf-task.ts'
import { TopLog } from './top-log.ts'

/** What the verifier was given by somebody it trusts: not by the source. */
export interface Trust {
  /** Keys of the log, and of witnesses. */
  readonly verifiers: readonly Verifier[]
  /** Checkpoints that were kept elsewhere, as notes. */
  readonly anchors: readonly string[]
}

export interface Promises {
  /** Of the logs: `NAME/log`, `NAME/events/0`, … */
  readonly name: string
  readonly claims: ReadonlyMap<number, Claims>
  /** Largest size of each partition's log that was signed. */
  readonly signed: ReadonlyMap<number, number>
  /** Largest size of each partition's log that an anchor vouches for. */
  readonly anchored: ReadonlyMap<number, number>
  readonly checkpoints: number
  /** Checkpoints that no known key signed. */
  readonly strangers: number
  /** `strangers`: of this log, and signed by none of the keys. */
  readonly anchors: { readonly given: number; readonly used: number; readonly witnessed: number; readonly strangers: number; readonly size: number }
  readonly faults: readonly Fault[]
}

/** Sizes and roots, 40 bytes each. */
class ClaimList {
  #sizes = new Float64Array(64)
  #roots = Buffer.alloc(64 * HASH_BYTES)
  #length = 0
  #ordered = true

  add({ size, root }: Pick<Checkpoint, 'size' | 'root'>): void {
    if (this.#length === this.#sizes.length) {
      const [sizes, roots] = [new Float64Array(this.#length * 2), Buffer.alloc(this.#length * 2 * HASH_BYTES)]
      sizes.set(this.#sizes)
      roots.set(this.#roots)
      this.#sizes = sizes
      this.#roots = roots
    }
    if (this.#length > 0 && size < (this.#sizes[this.#length - 1] as number)) this.#ordered = false
    this.#sizes[this.#length] = size
    root.copy(this.#roots, this.#length * HASH_BYTES)
    this.#length++
  }

  /** Smallest size first. */
  claims(): Claims {
    const order = Array.from({ length: this.#length }, (_, at) => at)
    if (!this.#ordered) order.sort((a, b) => (this.#sizes[a] as number) - (this.#sizes[b] as number))
    const claims = { sizes: new Float64Array(this.#length), roots: Buffer.alloc(this.#length * HASH_BYTES) }
    for (const [to, from] of order.entries()) {
      claims.sizes[to] = this.#sizes[from] as number
      this.#roots.copy(claims.roots, to * HASH_BYTES, from * HASH_BYTES, (from + 1) * HASH_BYTES)
    }
    return claims
  }
}

/** Those above `size`, as far as the first at or above `end`. */
export function claimsBetween({ sizes, roots }: Claims, size: number, end: number): Claims {
  const first = sizes.findIndex((one) => one > size)
  if (first < 0) return { sizes: new Float64Array(0), roots: Buffer.alloc(0) }
  const beyond = sizes.findIndex((one) => one > end)
  const last = beyond < 0 ? sizes.length : beyond
  return { sizes: sizes.slice(first, last), roots: Buffer.from(roots.subarray(first * HASH_BYTES, last * HASH_BYTES)) }
}

/** NAME of a log whose key is named so. */
const logNameOf = (keyName: string): string => keyName.replace(/\/(?:log|events\/\d+)$/, '')

/** Opens notes. */
class Opener {
  readonly #verifiers: readonly Verifier[]
  readonly #byOrigin = new Map<string, readonly Verifier[]>()

  constructor(verifiers: readonly Verifier[]) {
    this.#verifiers = verifiers
  }

  /** The same key under the origin's own name is as good: C2SP says a log's key should be named like the log. */
  #for(origin: string): readonly Verifier[] {
    const known = this.#byOrigin.get(origin)
    if (known !== undefined) return known
    const own = this.#verifiers.filter(({ name, type }) => type !== COSIGNATURE && name !== origin).flatMap(({ publicKey }) => {
      try {
        return [verifierOf(origin, publicKey)]
      } catch {
        return []
      }
    })
    const all = [...this.#verifiers, ...own]
    if (this.#byOrigin.size < 10_000) this.#byOrigin.set(origin, all)
    return all
  }

  /** The checkpoint in a note that the log's key signed. `stranger`: none of the known keys did; `forged`: one is said to have; `unreadable`: it is no checkpoint. */
  open(note: string): { readonly checkpoint: Checkpoint; readonly body: string; readonly witnesses: number } | 'stranger' | 'forged' | 'unreadable' {
    const opened = openNote(note, this.#for(note.slice(0, note.indexOf('\n'))))
    if ('refused' in opened) {
      return opened.refused === 'no known signature' ? 'stranger' : opened.refused === 'malformed' ? 'unreadable' : 'forged'
    }
    const checkpoint = parseCheckpoint(opened.body)
    if (checkpoint === undefined) return 'unreadable'
    const witnesses = opened.signatures.filter(({ verifier }) => verifier.type === COSIGNATURE).length
    if (witnesses === opened.signatures.length) return 'stranger'
    return { checkpoint, body: opened.body, witnesses }
  }
}

const TOP = -1

/** Reads all checkpoints of the source, and holds them against the anchors. */
export class PromiseReader {
  readonly #source: EvidenceSource
  readonly #trust: Trust
  readonly #opener: Opener
  readonly #name: string
  readonly #lists = new Map<number, ClaimList>()
  readonly #signed = new Map<number, number>()
  readonly #faults: Fault[] = []
  /** Sizes of the checkpoints over all partitions that the source has. */
  readonly #topSizes: number[] = []
  #checkpoints = 0
  #strangers = 0

  constructor(source: EvidenceSource, trust: Trust) {
    this.#source = source
    this.#trust = trust
    this.#opener = new Opener(trust.verifiers)
    this.#name = logNameOf(trust.verifiers.find(({ type }) => type !== COSIGNATURE)?.name ?? '')
  }

  /** `told`: how many checkpoints were read so far. */
  async read(told: (checkpoints: number) => void): Promise<Promises> {
    const anchors = this.#openAnchors()
    for await (const rows of this.#source.checkpoints('log')) {
      for (const row of rows) {
        this.#take(row, logOrigin(this.#name))
        this.#topSizes.push(row.size)
      }
      told(this.#checkpoints)
    }
    const { anchored, size } = await this.#followTop(anchors.sizes, told)
    for (const [partition, own] of anchors.direct) anchored.set(partition, Math.max(own, anchored.get(partition) ?? 0))
    const claims = new Map([...this.#lists].map(([partition, list]) => [partition, list.claims()]))
    return {
      name: this.#name, claims, signed: this.#signed, anchored, checkpoints: this.#checkpoints, strangers: this.#strangers,
      anchors: { given: this.#trust.anchors.length, used: anchors.used, witnessed: anchors.witnessed, strangers: anchors.strangers, size }, faults: this.#faults,
    }
  }

  #openAnchors(): { readonly sizes: ReadonlySet<number>; readonly direct: ReadonlyMap<number, number>; readonly used: number; readonly witnessed: number; readonly strangers: number } {
    const [sizes, direct] = [new Set<number>(), new Map<number, number>()]
    let [used, witnessed, strangers] = [0, 0, 0]
    for (const note of this.#trust.anchors) {
      const opened = this.#opener.open(note)
      if (opened === 'forged') this.#fault('anchor-forged', TOP, -1, 'an anchor that was given has a false signature')
      if (opened === 'stranger' && note.startsWith(`${this.#name}/`)) strangers++
      if (typeof opened === 'string') continue
      const { origin, size } = opened.checkpoint
      const partition = this.#partitionOf(origin)
      if (partition === undefined) continue
      this.#claim(partition, opened.checkpoint)
      if (partition === TOP) sizes.add(size)
      else direct.set(partition, Math.max(size, direct.get(partition) ?? 0))
      used++
      if (opened.witnesses > 0) witnessed++
    }
    return { sizes, direct, used, witnessed, strangers }
  }

  /** TOP for the log over all partitions; undefined for other logs. */
  #partitionOf(origin: string): number | undefined {
    if (origin === logOrigin(this.#name)) return TOP
    const number = Number(/\/events\/(\d{1,9})$/.exec(origin)?.[1] ?? Number.NaN)
    return origin === partitionOrigin(this.#name, number) ? number : undefined
  }

  #claim(partition: number, checkpoint: Checkpoint): void {
    const list = this.#lists.get(partition) ?? new ClaimList()
    this.#lists.set(partition, list)
    list.add(checkpoint)
    this.#signed.set(partition, Math.max(checkpoint.size, this.#signed.get(partition) ?? 0))
  }

  /** The text of the checkpoint, where it is one that counts, and when it was made: as signed, or as the row says where nothing of it was signed. */
  #take(row: StoredCheckpoint, origin: string): { readonly body: string; readonly madeAt: string | undefined } | undefined {
    this.#checkpoints++
    const opened = this.#opener.open(row.note)
    // Another key's signature: the text counts for the log over all partitions, whose own signature vouches for it, and for nothing else.
    if (opened === 'stranger') {
      this.#strangers++
      return { body: bodyOf(row.note), madeAt: row.madeAt }
    }
    if (typeof opened === 'string' || opened.checkpoint.origin !== origin || opened.checkpoint.size !== row.size) {
      this.#fault('checkpoint-forged', row.partition, row.size, `the checkpoint of size ${row.size} is not what its signature is over`)
      return undefined
    }
    this.#claim(row.partition, opened.checkpoint)
    const signedAt = opened.checkpoint.madeAt?.toString()
    if (signedAt !== undefined && (row.madeAt ?? signedAt) !== signedAt) this.#fault('checkpoint-time', row.partition, row.size, `the checkpoint of size ${row.size} stands under another time than was signed`)
    return { body: opened.body, madeAt: signedAt ?? row.madeAt }
  }

  /** Makes the log over all partitions again from the checkpoints of each, and holds it against its own checkpoints and the anchors. */
  async #followTop(anchorSizes: ReadonlySet<number>, told: (checkpoints: number) => void): Promise<{ anchored: Map<number, number>; size: number }> {
    const [top, at] = [new TopLog(this.#lists.get(TOP)?.claims(), this.#topSizes), new Map<number, number>()]
    let [anchored, anchoredSize] = [new Map<number, number>(), 0]
    for await (const rows of this.#source.checkpoints('partitions')) {
      for (const row of rows) {
        const taken = this.#take(row, partitionOrigin(this.#name, row.partition))
        const wrong = top.append(taken?.body, { ...row, madeAt: taken?.madeAt })
        if (wrong !== undefined) this.#fault(wrong.kind, TOP, row.logIndex, wrong.says)
        if (taken !== undefined) at.set(row.partition, Math.max(row.size, at.get(row.partition) ?? 0))
        if (top.proved === top.size && anchorSizes.has(top.size)) [anchored, anchoredSize] = [new Map(at), top.size]
      }
      told(this.#checkpoints)
    }
    const promised = this.#signed.get(TOP) ?? 0
    if (promised > top.size && !top.broken) {
      this.#faults.push({
        question: 'completeness', kind: 'checkpoints-cut', partition: TOP, index: top.size, detail: `${promised} checkpoints of partitions were signed, and ${top.size} are there`,
      })
    }
    return { anchored, size: anchoredSize }
  }

  #fault(kind: string, partition: number, index: number, detail: string): void {
    const question = kind === 'checkpoint-missing' ? 'completeness' : 'integrity'
    if (this.#faults.length < 100) this.#faults.push({ question, kind, partition, index, detail })
  }
}
