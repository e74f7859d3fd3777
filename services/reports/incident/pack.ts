/** The incident pack: a stream of pieces of files. What it holds is read from the tables; nothing is judged anew. */
import { createHash, type Hash } from 'node:crypto'
import type { NoteSigner } from '../../../schemas/note.ts'
import { signNote } from '../../../schemas/note.ts'
import type { Store } from '../../../schemas/ports.ts'
import { incidentPage, type PackFacts } from './incident-page.ts'
import { type EventPlace, proofsOf } from './proofs.ts'
import { readmeOf } from './readme.ts'
import { type JsonRow, type Reading, readPages } from './rows.ts'
import type { Scope } from './scope.ts'
import { SECTIONS } from './sections.ts'
import { Timeline } from './timeline.ts'

/** Pieces of one file come one after the other. */
export interface Piece {
  readonly path: string
  readonly text: string
}

export interface PackPorts {
  readonly store: Pick<Store, 'query'>
  /** The notary's key. */
  signer(): Promise<NoteSigner>
}

/** Records that get a proof: the alert's own first. */
const MOST_PROOFS = 2_000
const MOST_RULES = 1_000

/** Text of SHA256SUMS.note. */
const sumsBody = (name: string, alertId: string, sha256: string): string => `${name}/incidents\n${alertId}\nSHA256SUMS sha256:${sha256}\n`

const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const placeOf = (row: JsonRow): EventPlace => ({ eventId: String(row['event_id']), partition: Number(row['partition']), offset: Number(row['offset']), offsetIndex: Number(row['offset_index']) })

class Packer {
  readonly #scope: Scope
  readonly #ports: PackPorts
  readonly #signal: AbortSignal | undefined
  readonly #sums = new Map<string, Hash>()
  readonly #timeline: Timeline
  readonly #places: EventPlace[] = []
  readonly #rules = new Set<string>()
  readonly #files: (readonly [string, string, number])[] = []
  readonly #missing: string[] = []

  constructor(scope: Scope, ports: PackPorts, signal: AbortSignal | undefined) {
    this.#scope = scope
    this.#ports = ports
    this.#signal = signal
    this.#timeline = new Timeline(scope)
  }

  async* pieces(): AsyncGenerator<Piece> {
    for (const section of SECTIONS) yield* this.#section(section.file, section.says, section)
    yield* this.#section('rules.jsonl', 'Rules as they judged, with their blind spots', {
      table: 'rules', where: `has({rules:Array(String)}, concat(detector, ' ', toString(version)))`, key: ['version', 'detector'], most: MOST_RULES, page: MOST_RULES,
    }, { rules: [...this.#rules] })
    yield* this.#proofs()
    yield* this.#states()
    const { moments, left } = this.#timeline
    const facts: PackFacts = { scope: this.#scope, moments, left, files: this.#files, missing: this.#missing }
    yield this.#piece('scope.json', `${JSON.stringify(this.#scope, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 1)}\n`)
    yield this.#piece('timeline.jsonl', lines(moments))
    yield this.#piece('timeline.html', incidentPage(facts))
    yield this.#piece('README.txt', readmeOf(facts))
    yield* this.#seal()
  }

  #piece(path: string, text: string): Piece {
    const sum = this.#sums.get(path) ?? createHash('sha256')
    this.#sums.set(path, sum.update(text))
    return { path, text }
  }

  async* #section(file: string, says: string, reading: Reading, more: Readonly<Record<string, unknown>> = {}): AsyncGenerator<Piece> {
    const { title: _title, ...scope } = this.#scope
    let count = 0
    yield this.#piece(file, '')
    for await (const rows of readPages(this.#ports.store, reading, { ...scope, ...more })) {
      this.#signal?.throwIfAborted()
      count += rows.length
      this.#timeline.add(file, rows)
      if (file === 'events.jsonl') this.#places.push(...rows.map(placeOf))
      if (file === 'findings.jsonl') for (const row of rows) this.#rules.add(`${String(row['detector'])} ${String(row['rule_version'])}`)
      yield this.#piece(file, lines(rows))
    }
    if (count >= reading.most) this.#missing.push(`${file} holds the first ${count} rows, and there may be more: export a shorter time.`)
    this.#files.push([file, says, count])
  }

  async* #proofs(): AsyncGenerator<Piece> {
    const own = new Set(this.#scope.event_ids)
    const wanted = this.#places.toSorted((a, b) => Number(own.has(b.eventId)) - Number(own.has(a.eventId))).slice(0, MOST_PROOFS)
    let proved = 0
    try {
      for await (const { path, text } of proofsOf(this.#ports.store, wanted, this.#signal)) {
        if (!path.endsWith('.log.tlog-proof')) proved++
        yield this.#piece(path, text)
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#missing.push('Leaves of the log are missing, so that not every record could be proved: watchkeeper verify says more.')
    }
    if (proved < this.#places.length) {
      this.#missing.push(`${this.#places.length - proved} of ${this.#places.length} records have no proof here: a pack has at most ${MOST_PROOFS}, and a record gets its checkpoint some seconds after it is stored.`)
    }
  }

  /** Of the partitions that records are of, and of the log over all. */
  async* #states(): AsyncGenerator<Piece> {
    const partitions = [-1, ...new Set(this.#places.map(({ partition }) => partition))].map(String)
    const parameters = { partitions, since: this.#scope.since }
    const rows = await this.#ports.store.query(
      `SELECT log, partition, size, root, note, log_index, toString(made_at) AS made FROM watchkeeper.checkpoints WHERE toString(partition) IN {partitions:Array(String)}
       AND (log, size) IN (SELECT log, max(size) FROM watchkeeper.checkpoints GROUP BY log UNION ALL SELECT log, min(size) FROM watchkeeper.checkpoints
         WHERE made_at >= fromUnixTimestamp64Nano({since:Int64}, 'UTC') GROUP BY log) ORDER BY log, size, root`, parameters)
    yield this.#piece('checkpoints.jsonl', lines(rows.map((row) => ({ ...row, size: String(row['size']), log_index: String(row['log_index']) }))))
    const anchors = await this.#ports.store.query(
      `SELECT anchor, kind, log, size, root, note, toString(anchored_at) AS anchored FROM watchkeeper.anchors WHERE ok AND (anchor, size) IN
       (SELECT anchor, max(size) FROM watchkeeper.anchors WHERE ok GROUP BY anchor) ORDER BY anchor, size, root, anchored`)
    yield this.#piece('anchors.jsonl', lines(anchors.map((row) => ({ ...row, size: String(row['size']) }))))
    if (anchors.length === 0) this.#missing.push('Nothing was anchored outside: the log proves itself only against who does not have its key.')
  }

  async* #seal(): AsyncGenerator<Piece> {
    const sums = [...this.#sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, sum]) => `${sum.digest('hex')}  ${path}\n`).join('')
    yield { path: 'SHA256SUMS', text: sums }
    const signer = await this.#ports.signer()
    yield { path: 'SHA256SUMS.note', text: signNote(sumsBody(signer.name, this.#scope.alert_id, createHash('sha256').update(sums).digest('hex')), signer) }
  }
}

/** All pieces of the pack; the last files are SHA256SUMS and its signature. Throws Failure `unavailable` where the store does not answer. */
export const packOf = (scope: Scope, ports: PackPorts, signal?: AbortSignal): AsyncGenerator<Piece> => new Packer(scope, ports, signal).pieces()
