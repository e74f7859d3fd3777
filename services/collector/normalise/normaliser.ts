/** The normaliser: OTLP as decoded → audit events and metric points, by mapping tables. Pure: time and tenant come with the arrival. */
import type { AuditEventFields } from '../../../schemas/audit-event.ts'
import type { MetricPoint } from '../../../schemas/metric-point.ts'
import type { SkipReason } from '../../../schemas/vocabulary.ts'
import type { Arrival, CountedPoints, Normalised, Normaliser, SourceCount } from '../contracts.ts'
import type { LogRecord, Logs, Metrics, Scoped, Span, Traces } from '../otlp/model.ts'
import { NO_PLACE_RULES, type PlaceRules } from './client-address.ts'
import type { Emitter } from './compile.ts'
import { Filler } from './draft.ts'
import { canonicalGroup, type Group, openGroup } from './group.ts'
import { canonicalLog, digest, part } from './identity.ts'
import { eventOfLog, logName } from './logs.ts'
import { isMcpMetric, pointsOf } from './metrics.ts'
import { Recogniser } from './recognise.ts'
import { eventOfSpan, kindOf, refusal } from './spans.ts'

export interface NormaliserOptions {
  /** Paths under which MCP is served over HTTP, without query: their HTTP spans are kept whatever the status. */
  readonly mcpPaths: readonly string[]
  /** Which forwarded headers count; none where absent. */
  readonly place?: PlaceRules
}

/** Characters of an attacker's span name that a refusal repeats. */
const QUOTED = 80

class Tally {
  readonly events: AuditEventFields[] = []
  readonly skipped = new Map<SkipReason, number>()
  readonly rejected: { what: string; why: string }[] = []
  readonly bySource: SourceCount[] = []
  readonly tenantPart: string
  #skips = 0

  constructor(tenant: string) {
    this.tenantPart = part(tenant)
  }

  get normalised(): Normalised {
    const { events, skipped, rejected, bySource } = this
    return { events, counted: { accepted: events.length, skipped, rejected, bySource } }
  }

  skip(reason: SkipReason, count: number): void {
    if (count > 0) this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + count)
    this.#skips += count
  }

  /** What `work` makes of `received` records of one source. */
  counted(source: string, received: number, work: () => void): void {
    const [accepted, skipped, rejected] = [this.events.length, this.#skips, this.rejected.length]
    work()
    this.bySource.push({
      source, received, accepted: this.events.length - accepted, skipped: this.#skips - skipped, rejected: this.rejected.length - rejected,
    })
  }
}

class TableNormaliser implements Normaliser {
  readonly #recogniser: Recogniser
  readonly #filler = new Filler()
  readonly #place: PlaceRules

  constructor({ mcpPaths, place = NO_PLACE_RULES }: NormaliserOptions) {
    this.#place = place
    this.#recogniser = new Recogniser(mcpPaths)
  }

  traces(traces: Traces, arrival: Arrival): Normalised {
    const tally = new Tally(arrival.tenant)
    this.#groups(traces, arrival, tally, (group, known, spans: readonly Span[]) => {
      for (const span of spans) this.#span(span, group, known, tally)
    })
    return tally.normalised
  }

  logs(logs: Logs, arrival: Arrival): Normalised {
    const tally = new Tally(arrival.tenant)
    const seen = new Map<string, number>()
    this.#groups(logs, arrival, tally, (group, known, records: readonly LogRecord[]) => {
      const prefix = `${tally.tenantPart}${canonicalGroup(group)}`
      for (const record of records) this.#log(record, { group, known, tally, prefix, seen })
    })
    return tally.normalised
  }

  metrics(metrics: Metrics, arrival: Arrival): { points: readonly MetricPoint[]; counted: CountedPoints } {
    const points: MetricPoint[] = []
    const seen = new Set<string>()
    const tenantPart = part(arrival.tenant)
    const bySource: SourceCount[] = []
    /** Twice in one request it is skipped once: behind here the time of receipt tells one sending of a point from another. */
    const keepOnce = (point: MetricPoint): void => {
      if (seen.has(point.point_id)) return
      seen.add(point.point_id)
      points.push(point)
    }
    for (const { resource, scope, items } of metrics) {
      const group = openGroup(resource, scope, arrival)
      const emitter = this.#recogniser.group(scope.name, group.service) ?? this.#recogniser.resource(resource.attributes)
      const before = points.length
      let received = 0
      for (const metric of items) {
        received += metric.points.length
        if (!group.own && isMcpMetric(metric)) for (const point of pointsOf(metric, { group, emitter, tenantPart })) keepOnce(point)
      }
      const accepted = points.length - before
      bySource.push({ source: group.template.source, received, accepted, skipped: received - accepted, rejected: 0 })
    }
    return { points, counted: { accepted: points.length, skipped: bySource.reduce((sum, one) => sum + one.skipped, 0), bySource } }
  }

  #groups<T>(
    scoped: readonly Scoped<T>[],
    arrival: Arrival,
    tally: Tally,
    each: (group: Group, known: Emitter | undefined, items: readonly T[]) => void,
  ): void {
    for (const { resource, scope, items } of scoped) {
      const group = openGroup(resource, scope, arrival)
      tally.counted(group.template.source, items.length, () => {
        if (group.own) tally.skip('own_telemetry', items.length)
        else each(group, this.#recogniser.group(scope.name, group.service), items)
      })
    }
  }

  #span(span: Span, group: Group, known: Emitter | undefined, tally: Tally): void {
    const emitter = this.#recogniser.record(known, span.attributes, kindOf(span), span.name)
    if (emitter === undefined) return tally.skip('not_mcp', 1)
    const why = refusal(span)
    if (why === '') tally.events.push(eventOfSpan(span, { emitter, group, tenantPart: tally.tenantPart, filler: this.#filler, place: this.#place }))
    else tally.rejected.push({ what: `span ${JSON.stringify(span.name.slice(0, QUOTED))}`, why })
  }

  #log(record: LogRecord, { group, known, tally, prefix, seen }: LogTurn): void {
    const emitter = this.#recogniser.record(known, record.attributes, 'log', logName(record, known))
    if (emitter === undefined) return tally.skip('not_mcp', 1)
    const content = digest(prefix + canonicalLog(record))
    const nth = seen.get(content) ?? 0
    seen.set(content, nth + 1)
    tally.events.push(eventOfLog(record, { emitter, group, eventId: digest(`${content}#${nth}`), filler: this.#filler, place: this.#place }))
  }
}

interface LogTurn {
  readonly group: Group
  readonly known: Emitter | undefined
  readonly tally: Tally
  readonly prefix: string
  readonly seen: Map<string, number>
}

/** A normaliser over the built-in mapping tables. Throws RangeError when a table is wrong. */
export const createNormaliser = (options: NormaliserOptions): Normaliser => new TableNormaliser(options)
