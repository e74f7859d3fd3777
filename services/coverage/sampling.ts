/** What emitters say of how much they send. Pure but for the query. */
import type { Row, Store } from '../../schemas/ports.ts'
import { sqlText, sqlTexts } from '../../schemas/sql-literal.ts'
import { sourceKey } from './contracts.ts'
import { type Span, within } from './facts.ts'

/** Attributes in which a probability is told, from 0 to 1. */
const PROBABILITIES = ['sampling.probability', 'sentry.sample_rate', 'logfire.sample_rate', 'sampler.param'] as const
/** Attributes that say for how many records one stands. */
const RATES = ['SampleRate', 'sampleRate', 'sample_rate', 'sampling.rate'] as const
/** The span's W3C trace state, which the collector keeps where OpenTelemetry's samplers say something in it. */
const TRACE_STATE = 'watchkeeper.sent.tracestate'
export const SAMPLING_KEYS: readonly string[] = [TRACE_STATE, ...PROBABILITIES, ...RATES]

const OT = /(?:^|,)\s*ot=([^,]{1,256})/
const THRESHOLD = /(?:^|;)th:([0-9a-f]{1,14})(?:;|$)/
const POWER = /(?:^|;)p:(\d{1,2})(?:;|$)/

/** Share of spans that pass, from `ot=th:` (rejection threshold, 56 bits, trailing zeros left out) or the older `ot=p:` (negative power of two). */
export function probabilityOf(traceState: string): number | undefined {
  const own = OT.exec(traceState)?.[1] ?? ''
  const threshold = THRESHOLD.exec(own)?.[1]
  if (threshold !== undefined) return 1 - Number.parseInt(threshold.padEnd(14, '0'), 16) / 2 ** 56
  const power = POWER.exec(own)?.[1]
  return power === undefined || Number(power) > 63 ? undefined : (Number(power) === 63 ? 0 : 2 ** -Number(power))
}

/** What one attribute says of the share that is sent; undefined where it says none. */
export function shareSaid(key: string, value: string): number | undefined {
  if (key === TRACE_STATE) return probabilityOf(value)
  const number = value.trim() === '' ? Number.NaN : Number(value)
  if (!(number >= 0)) return undefined
  if ((RATES as readonly string[]).includes(key) && number > 1) return 1 / number
  return number <= 1 ? number : undefined
}

export interface SamplingFacts {
  /** `key: 25 %`, sorted. */
  readonly said: readonly string[]
  readonly least: number
}

const MOST_VALUES = 50

/** By source and attribute; asked only where a source sends such an attribute at all. */
export async function readSampling(store: Pick<Store, 'query'>, span: Span, keys: readonly string[]): Promise<ReadonlyMap<string, SamplingFacts>> {
  if (keys.length === 0) return new Map()
  const rows = await store.query(`SELECT tenant, source, emitter, scope_version, service_version, mapping_version,
      ${keys.map((key, i) => `groupUniqArrayIf(${MOST_VALUES})(substring(attributes[${sqlText(key)}], 1, 512), mapContains(attributes, ${sqlText(key)})) AS v${i}`).join(', ')}
    FROM watchkeeper.audit_events WHERE ${within(span)} AND hasAny(mapKeys(attributes), ${sqlTexts(keys).replace(/^\(/, '[').replace(/\)$/, ']')})
    GROUP BY tenant, source, emitter, scope_version, service_version, mapping_version LIMIT 5000`)
  return new Map(rows.map((row) => [sourceKey(row as unknown as Parameters<typeof sourceKey>[0]), factsOf(row, keys)]))
}

function factsOf(row: Row, keys: readonly string[]): SamplingFacts {
  const said = keys.map((key, i) => ({ key, shares: (row[`v${i}`] as readonly string[]).map((value) => shareSaid(key, value)).filter((share) => share !== undefined) }))
    .filter(({ shares }) => shares.length > 0)
  return {
    said: said.map(({ key, shares }) => `${key.replace('watchkeeper.sent.', '')}: ${percent(Math.min(...shares))}`).sort(),
    least: said.length === 0 ? Number.NaN : Math.min(...said.flatMap(({ shares }) => shares)),
  }
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`
