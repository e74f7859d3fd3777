/** Verifies a log from its evidence: signatures, trees, rows, and what is not there. */
import { hash, randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Comparison } from './compare.ts'
import { type Declared, declaredBy } from './declarations.ts'
import type { EvidenceSource, Piece, Removal } from '../../schemas/evidence.ts'
import { type Lane, runOn } from './lanes.ts'
import { KEY_BYTES } from './place-sums.ts'
import { Run, type SavedRun } from './progress.ts'
import { claimsBetween, PromiseReader, type Promises, type Trust } from './promises.ts'
import { judgeRemovals, type Judged, type Taken } from './removals.ts'
import { type Look, settledBy } from './looks.ts'
import type { Frontier, RowJob } from './row-task.ts'
import { judgeSeal } from './seal.ts'
import { MOST_SESSIONS } from './sequences.ts'
import { tooOld } from './unsealed.ts'
import { attributionNotes, type Findings, type Report, reportOf } from './verdict.ts'

/** Leaves that are read as one; a run that is broken off goes on behind the last of these. */
const PAGE = 500_000
/** Between looks at a log that is written to: what is on its way comes within seconds, a leaf of a replayed record within some more. */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 8_000]
/** How often all of such a log is read while removals are under way, and how long after each time. */
const RUNS = 3
const RUN_AGAIN_MS = 10_000

export interface Progress {
  readonly phase: 'checkpoints' | 'leaves' | 'rows' | 'differences'
  readonly done: number
  /** 0 where it is not known. */
  readonly of: number
}

export interface VerifyOptions {
  readonly source: EvidenceSource
  readonly trust: Trust
  readonly lanes: readonly Lane[]
  /** A run that was broken off. */
  readonly saved?: SavedRun | undefined
  told?(progress: Progress): void
  /** Called after each piece of work. */
  keep?(run: Run): void
}

const NO_CLAIMS = { sizes: new Float64Array(0), roots: Buffer.alloc(0) }

/** What a run is about: the same again may go on where it was broken off. */
function subjectOf({ source, trust }: VerifyOptions): string {
  const keys = trust.verifiers.map(({ name, keyId }) => `${name}+${keyId}`).sort()
  return hash('sha256', JSON.stringify([source.name, keys, [...trust.anchors].sort()]), 'hex')
}

class Verification {
  readonly #options: VerifyOptions
  readonly #run: Run
  #promises: Promises | undefined
  #declared: ReadonlyMap<string, Declared> = new Map()
  #overcounted = 0
  /** What cannot be said because removals are under way, or leaves are on their way. */
  readonly #pending: string[] = []

  constructor(options: VerifyOptions) {
    this.#options = options
    const subject = subjectOf(options)
    this.#run = (options.saved && Run.from(options.saved, subject)) ?? new Run(subject, randomBytes(KEY_BYTES))
  }

  async verify(): Promise<Look> {
    const { source } = this.#options
    this.#promises = await this.#readPromises()
    const sizes = new Map(await source.partitions())
    for (const partition of this.#promises.signed.keys()) if (partition >= 0 && !sizes.has(partition)) sizes.set(partition, 0)
    await this.#readLeaves(sizes)
    this.#checkEnds(sizes)
    await this.#readRows()
    const removals = await source.removals()
    this.#declared = await declaredBy({ source, removals, declarations: this.#run.declarations, leaves: this.#run.leaves, newest: Math.max(0, ...this.#run.newest.values()) })
    await this.#compare()
    const taken = this.#taken()
    const judged = judgeRemovals(taken)
    const findings = await this.#findings(sizes, removals, judged)
    return { findings, taken, blankings: judged.pending, pending: [...judged.pending, ...this.#pending] }
  }

  #taken(): Taken {
    const { erased, removed } = this.#run
    return { erased, dropped: this.#options.source.keeps === 'recent' ? 0 : removed - this.#overcounted, declared: this.#declared }
  }

  /** A checkpoint is anchored before its row is stored: where a server runs, the row comes within seconds. */
  async #readPromises(): Promise<Promises> {
    const { source, trust } = this.#options
    return await this.#again(() => new PromiseReader(source, trust).read((done) => this.#told('checkpoints', done, 0)), ({ faults }) => faults.length === 0)
  }

  /** Looks until all is well, where it may be on its way. */
  async #again<T>(look: () => Promise<T>, isWell: (found: T) => boolean): Promise<T> {
    let found = await look()
    for (const pause of this.#options.source.live === true ? PAUSES_MS : []) {
      if (isWell(found)) break
      await wait(pause)
      found = await look()
    }
    return found
  }

  #told(phase: Progress['phase'], done: number, of: number): void {
    this.#options.told?.({ phase, done, of })
  }

  /** Pages of one partition follow each other; partitions go beside each other. */
  async #readLeaves(sizes: ReadonlyMap<number, number>): Promise<void> {
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
    await runOn(this.#options.lanes, [...sizes], async (lane, [partition, size]) => {
      for (let from = this.#run.stateOf(partition).next; from < size; from = this.#run.stateOf(partition).next) {
        await this.#page(lane, partition, from)
        this.#options.keep?.(this.#run)
        this.#told('leaves', [...this.#run.leaves.values()].reduce((sum, { next }) => sum + next, 0), total)
        if (this.#run.stateOf(partition).next <= from) return
      }
    })
  }

  async #page(lane: Lane, partition: number, from: number): Promise<void> {
    const all = this.#promises?.claims.get(partition) ?? NO_CLAIMS
    const job = { kind: 'leaves', partition, state: this.#run.stateOf(partition), claims: claimsBetween(all, from, from + PAGE), key: this.#run.key, tenants: this.#options.source.tenants } as const
    this.#run.tookLeaves(partition, await lane.run(job, this.#options.source.leaves(partition, from, PAGE)))
  }

  /** What was signed must be there. */
  #checkEnds(sizes: ReadonlyMap<number, number>): void {
    for (const [partition, size] of sizes) {
      const { next, broken } = this.#run.stateOf(partition)
      if (next < size && !broken) this.#run.found([{ question: 'integrity', kind: 'leaf-order', partition, index: next, detail: `there are leaves behind leaf ${next}, which is missing` }])
      const signed = this.#promises?.signed.get(partition) ?? 0
      if (next >= signed || broken) continue
      this.#run.found([{ question: 'completeness', kind: 'leaves-cut', partition, index: next, detail: `${signed} leaves of partition ${partition} were signed, and ${next} are there` }])
    }
  }

  #frontiers(): Frontier[] {
    return [...this.#run.leaves].map(([partition, { offset, offsetIndex }]) => ({ partition, offset, offsetIndex }))
  }

  async #readRows(): Promise<void> {
    const { source, lanes } = this.#options
    const job = (kind: RowJob['kind']): RowJob => ({ kind, frontiers: this.#frontiers(), key: this.#run.key })
    const pieces = await source.pieces()
    const total = pieces.reduce((sum, { rows }) => sum + rows, 0)
    const left = pieces.filter(({ id }) => !this.#run.done.has(id))
    await runOn(lanes, left, async (lane, piece: Piece) => {
      this.#run.tookRows(piece.id, await lane.run(job(source.bare === true ? 'bare' : 'rows'), source.rows(piece)))
      this.#options.keep?.(this.#run)
      this.#told('rows', this.#run.rows, total)
    })
    if (this.#run.done.has('dropped')) return
    await runOn(lanes, ['dropped'], async (lane) => this.#run.tookDropped(await lane.run(job('dropped'), source.dropped())))
    this.#options.keep?.(this.#run)
  }

  async #compare(): Promise<void> {
    for (const frontier of this.#frontiers()) {
      const buckets = this.#run.leafSums.differences(this.#run.rowSums, frontier.partition)
      if (buckets.length === 0) continue
      this.#told('differences', 0, buckets.length)
      this.#compared(frontier.partition, await this.#again(() => this.#look(frontier, buckets), ({ faults }) => faults.length === 0))
    }
  }

  async #look(frontier: Frontier, buckets: readonly number[]): Promise<Comparison> {
    const comparison = new Comparison({ source: this.#options.source, frontier, isUnderWay: (removal) => this.#isUnderWay(removal) })
    await comparison.look(buckets)
    return comparison
  }

  #isUnderWay(removal?: string): boolean {
    if (removal !== undefined) return this.#declared.get(removal)?.isUnderWay === true
    return [...this.#declared.values()].some(({ isUnderWay }) => isUnderWay)
  }

  /** Where each event was looked at and is there once, the rows were moved about while they were read: a table is none that stands still. */
  #compared(partition: number, { faults, skipped, overcounted, doubled }: Comparison): void {
    this.#run.found(faults)
    this.#overcounted += overcounted
    const mayMove = this.#options.source.live === true || this.#isUnderWay()
    if (skipped > 0 && faults.length === 0 && mayMove) this.#pending.push(`Rows of partition ${partition} were moved about while they were read, and ${skipped} ranges of offsets were not looked at again: not yet provable.`)
    else if (skipped > 0) this.#run.found([notCompared(partition, skipped)])
    else if (faults.length === 0 && overcounted + doubled === 0 && !mayMove) this.#run.found([notAgain(partition)])
  }

  async #findings(sizes: ReadonlyMap<number, number>, removals: readonly Removal[], judged: Judged): Promise<Findings> {
    const { source, trust } = this.#options
    const promises = this.#promises as Promises
    const run = this.#run
    run.found(judged.faults)
    this.#pending.push(...leafless(tooOld(run.unsealedAt, run.newest)))
    const lacking = run.sequences.missing()
    const erased = sum([...run.erased.values()].map(({ rows }) => rows))
    // Rows that a declared removal took cannot tell their numbers any more, and blanked ones not of which conversation they were.
    if (sum(lacking.map(({ missing }) => missing)) > run.removed + erased) for (const { session, missing, of } of lacking) run.found([numbersMissing(session, missing, of)])
    const seal = judgeSeal(source.sealed, trust.verifiers)
    const unproved = sum([...run.erased].map(([id, own]) => (this.#declared.get(id)?.kind === 'retention' ? own.unproved : 0)))
    const partitions = [...sizes.keys()].sort((a, b) => a - b).map((partition) => {
      const { next, proved } = run.stateOf(partition)
      return { partition, leaves: next, proved, anchored: Math.min(proved, promises.anchored.get(partition) ?? 0) }
    })
    return {
      source: source.name, log: promises.name, partitions, leaves: sum(partitions.map(({ leaves }) => leaves)), rows: run.rows, unsealed: run.unsealed, removed: run.removed,
      erased, checkpoints: promises.checkpoints, anchors: promises.anchors, removals, gaps: await source.gaps(), origins: originsOf(run.origins),
      faults: [...promises.faults, ...seal.faults, ...source.faults(), ...run.faults], notes: [...seal.notes, ...notesOf(run, promises, { source, unproved }), ...attributionNotes(originsOf(run.origins))],
      unverifiable: [...unverifiableOf(promises, trust, partitions), ...seal.unverifiable, ...judged.pending, ...this.#pending],
    }
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const leafless = (rows: number): string[] => (rows === 0 ? []
  : [`${rows} rows have no leaf, though they came long before others that have one: a server that starts gives leaves to what it stored; rows that have none then were put there.`])

const notAgain = (partition: number) =>
  ({ question: 'integrity', kind: 'unsteady', partition, index: -1, detail: `rows of partition ${partition} were other ones when they were read again` }) as const

const notCompared = (partition: number, ranges: number) =>
  ({ question: 'integrity', kind: 'not-compared', partition, index: -1, detail: `${ranges} further faults or ranges of offsets that differ` }) as const

const numbersMissing = (session: string, missing: number, of: number) =>
  ({ question: 'completeness', kind: 'sequence-gap', partition: -1, index: -1, detail: `a source's session (${session}) lacks ${missing} of ${of} numbers` }) as const

const originsOf = (origins: ReadonlyMap<string, number>) => [...origins].map(([key, rows]) => {
  const [tenant = '', transport = '', credential = '', peer = ''] = key.split('\n')
  return { tenant, transport, credential, peer, rows }
}).sort((a, b) => b.rows - a.rows)

function unverifiableOf(promises: Promises, { verifiers }: Trust, partitions: Findings['partitions']): string[] {
  if (verifiers.length === 0) return ['No key was given, so no signature can be checked: give the line of notary.pub with --key.']
  const uncovered = partitions.filter(({ leaves, proved }) => leaves > 0 && proved === 0).map(({ partition }) => partition)
  return [
    ...(promises.signed.size > 0 || promises.strangers > 0 ? [] : ['There is no checkpoint, so nothing is signed: the log has only begun, or somebody took its leaves and checkpoints away.']),
    ...(promises.strangers === 0 ? [] : [`${promises.strangers} checkpoints are signed by none of the keys that were given: give every key that the log ever had with --key.`]),
    ...(promises.anchors.strangers === 0 ? [] : [`${promises.anchors.strangers} anchors of this log are signed by none of the keys that were given.`]),
    ...(uncovered.length === 0 ? [] : [`No checkpoint that a known key signed covers partition ${uncovered.join(', ')}.`]),
  ]
}

/** `unproved`: rows whose persons a retention of content left. */
function notesOf(run: Run, { anchors }: Promises, { source, unproved }: { readonly source: EvidenceSource; readonly unproved: number }): string[] {
  return [
    ...source.notes(),
    ...(anchors.used === 0 ? ['No anchor was given: whoever has the signing key could have written everything anew (--anchor FILE).'] : []),
    ...(anchors.given > anchors.used ? [`${anchors.given - anchors.used} anchors were not used: they are of other logs, or no whole checkpoints.`] : []),
    ...(source.tenants !== undefined ? [`Rows are those of ${source.tenants.join(', ')}: of other tenants only the leaves are there, not what was in the rows. Whose a leaf is no tree says: a look at all tenants does.`] : []),
    ...(unproved === 0 ? [] : [`${unproved} rows lost their content to a declared retention: what is left of their personal columns is not proved any more.`]),
    ...(run.sequences.beyond > 0 ? [`Numbers of sources were looked at in ${MOST_SESSIONS} sessions; ${run.sequences.beyond} records are of others.`] : []),
  ]
}

/** A removal that goes on while everything is read ends, and is under a checkpoint within seconds; and partitions are stored one before the other. */
const isOnItsWay = ({ verdict, faults }: Report, pending: readonly string[]): boolean =>
  (verdict === 'unverifiable' && pending.length > 0) || (faults.length > 0 && faults.every(({ kind }) => kind === 'sequence-gap'))

/** Reads all of the evidence, and says what it found. Nothing of the source is believed; its failures are thrown. */
export async function verify(options: VerifyOptions): Promise<Report> {
  const earlier: Look[] = []
  for (let run = 1; ; run++) {
    const look = await new Verification(run === 1 ? options : { ...options, saved: undefined }).verify()
    const report = reportOf(look.findings)
    if (options.source.live !== true || !isOnItsWay(report, look.pending)) return report
    const settled = earlier.map((one) => settledBy(one, look.taken.declared)).find((found) => found !== undefined)
    if (settled !== undefined || run === RUNS) return settled ?? report
    earlier.push(look)
    await wait(RUN_AGAIN_MS)
  }
}
