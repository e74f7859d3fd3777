/** The store is away for minutes under load: everything in front of it stays within its memory and keeps what it acknowledged. */
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { parse } from 'yaml'
import type { Part } from '../../../../services/wiring/parts.ts'
import { startLargeForm } from '../large-form.ts'
import { judged, settled } from '../oracle.ts'
import { Findings, type Row, type Setting } from '../row.ts'
import { Traffic } from '../traffic.ts'

const AWAY_MS = { short: 20_000, full: 300_000 }
const SPANS_PER_SECOND = 3_000
const PARTS = ['collector', 'assembler', 'worker', 'archiver', 'alerter'] as const

interface Compose {
  readonly services: Readonly<Record<string, { readonly deploy?: { readonly resources?: { readonly limits?: { readonly memory?: string } } } } | undefined>>
}

/** MiB that a service may have in docker-compose.yml: the limit that is configured. */
function limitOf(part: Part, { services }: Compose): number {
  const memory = /^(\d+)(m|g)$/.exec(services[part]?.deploy?.resources?.limits?.memory ?? '')
  if (memory === null) throw new RangeError(`docker-compose.yml has no limit for ${part}`)
  return Number(memory[1]) * (memory[2] === 'g' ? 1024 : 1)
}

async function run({ short, folder, times, say }: Setting): Promise<Findings> {
  const said = new Findings()
  const ms = times === undefined ? (short ? AWAY_MS.short : AWAY_MS.full) : times * 1_000
  const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as Compose
  const { assembler } = parse(readFileSync('infra/compose/watchkeeper.yaml', 'utf8')) as { readonly assembler: Readonly<Record<string, number>> }
  const config = { assembler: { quiet_seconds: 2, ...assembler } }
  const form = await startLargeForm({ folder, config, processes: Object.fromEntries(PARTS.map((part) => [part, 1])), memoryMib: (part) => limitOf(part, compose) })
  try {
    const traffic = new Traffic({ urls: form.otlp, senders: 8, spansPerSecond: SPANS_PER_SECOND })
    await wait(3_000)
    await form.clickhouse.keepAway()
    const [before, began] = [traffic.spans, performance.now()]
    await wait(ms)
    const rate = ((traffic.spans - before) / (performance.now() - began)) * 1_000
    await form.clickhouse.start()
    await traffic.stop()
    say('ClickHouse is back')
    const account = await settled(form.ask, traffic)
    const { figure, failures } = judged(account)
    const peaks = PARTS.map((part) => ({ part, peak: form.service(`${part}-1`).peakMib(), limit: limitOf(part, compose) }))
    said.figure(`ClickHouse away ${(ms / 1000).toFixed(0)} s at ${Math.round(rate)} spans/s acknowledged (${SPANS_PER_SECOND} offered): ${traffic.told}: ${figure}`)
    said.figure(`peak memory in MiB, of the limit in docker-compose.yml: ${peaks.map(({ part, peak, limit }) => `${part} ${peak} of ${limit}`).join(', ')}`)
    said.failures.push(...failures)
    for (const { part, peak, limit } of peaks) said.expect(peak < limit, `${part} took ${peak} MiB, its limit is ${limit}`)
    for (const { name, ends } of form.services) said.expect(ends.length === 0, `${name} ended by itself: ${ends.join(', ')}`)
    said.expect(traffic.others(200, 429, 503) === '', `answers other than 200, 429, 503: ${traffic.others(200, 429, 503)}`)
  } finally {
    await form.stop()
  }
  return said
}

export const downstream: Row = { name: 'downstream', promise: 'store away at 3,000 spans/s: memory under its limit, nothing acknowledged lost', needsBroker: true, run }
