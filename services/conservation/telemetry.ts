import { metrics } from '@opentelemetry/api'
import type { AccountOf, ConservationRow } from '../../schemas/conservation.ts'
import type { Moment } from './reckon.ts'

const OUTCOMES = ['stored', 'duplicate', 'conflict', 'quarantined', 'rejected', 'skipped', 'in_flight'] as const
const STAGES = ['missing_in_collector', 'missing_on_bus', 'missing_in_archiver', 'missing_in_table'] as const
/** Sources are named by strangers: so many have series of their own. */
const MOST_SOURCES = 200

interface Look {
  readonly rows: readonly ConservationRow[]
  readonly off: readonly ConservationRow[]
  readonly moment: Moment
}

export interface AccountTelemetry {
  looked(rows: readonly ConservationRow[], off: readonly ConservationRow[], moment: Moment): void
}

const sum = (rows: readonly ConservationRow[], field: (typeof OUTCOMES)[number] | (typeof STAGES)[number] | 'received'): number =>
  rows.reduce((total, row) => total + row[field], 0)

/** The last look: records of recent minutes by source and what became of them, and what is missing by stage. */
export function accountTelemetry(): AccountTelemetry {
  const meter = metrics.getMeter('watchkeeper.conservation')
  let last: Look | undefined
  const gauge = (name: string, description: string) => meter.createObservableGauge(`watchkeeper.conservation.${name}`, { description })
  gauge('records', 'Records of the last ten minutes by source and what became of them; `received` is the sum of all others').addCallback((result) => {
    for (const { tenant, source, points, rows } of bySource(last?.rows ?? [])) {
      for (const outcome of ['received', ...OUTCOMES] as const) result.observe(sum(rows, outcome), { tenant, source, outcome, of: points ? 'points' : 'records' })
    }
  })
  gauge('missing', 'Records that do not add up in settled minutes, by stage: anything but 0 is a finding').addCallback((result) => {
    for (const stage of STAGES) result.observe(sum(last?.off ?? [], stage), { stage: stage.replace('missing_', '') })
  })
  gauge('settled_age', 'Seconds since the time before which every minute is judged').addCallback((result) => {
    if (last !== undefined && last.moment.settledBefore > 0n) result.observe(Number((last.moment.now - last.moment.settledBefore) / 1_000_000_000n))
  })
  return {
    looked(rows, off, moment) {
      last = { rows, off, moment }
    },
  }
}

interface OfSource extends AccountOf {
  readonly tenant: string
  readonly source: string
  readonly rows: ConservationRow[]
}

function bySource(rows: readonly ConservationRow[]): Iterable<OfSource> {
  const sources = new Map<string, OfSource>()
  for (const row of rows) {
    const own = `${row.points}\u0000${row.tenant}\u0000${row.source}`
    const [key, name] = sources.has(own) || sources.size < MOST_SOURCES ? [own, row.source] : [`${row.points}`, '(others)']
    const known = sources.get(key) ?? { points: row.points, tenant: key === own ? row.tenant : '', source: name, rows: [] }
    sources.set(key, known)
    known.rows.push(row)
  }
  return sources.values()
}
