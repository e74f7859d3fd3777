import type { HttpResponse } from '../../schemas/http.ts'

/** 64-bit integers as numbers where they are exact, else as text. */
const plain = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'bigint') return value
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value)
}

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse => ({
  status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }, body: `${JSON.stringify(body, plain)}\n`,
})

/** Metrics in Prometheus' text form. */
export const metricsAnswer = (text: string): HttpResponse => ({ status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body: text })

/** Nanoseconds since 1970 as ISO 8601 with milliseconds; '' for 0n: not known. */
export const isoTime = (nanoseconds: bigint): string => (nanoseconds === 0n ? '' : new Date(Number(nanoseconds / 1_000_000n)).toISOString())
