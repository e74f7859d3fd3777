/**
 * Unusual volumes on the series of the Numenta Anomaly Benchmark. A row is an hour in which an actor's one call brought a gigabyte, and a megabyte
 * more for one unit of the series; a row is a detection when *unusual-volume*, as it is by default, makes a finding then that opens an alert.
 */
import { z } from 'zod'
import { REGISTRY } from '../../detectors/registry.ts'
import { rehearsal } from '../../detectors/rehearse.ts'
import { blankInteraction, type Interaction } from '../../schemas/interaction.ts'
import { type Evaluation, readSet, setsIn } from './evaluation.ts'
import { addUp, nabScore, type NabSum, scoreSeries } from './nab-score.ts'

const Row = z.object({ id: z.string(), category: z.string(), values: z.array(z.number()), windows: z.array(z.tuple([z.number(), z.number()])) })
export type Row = z.infer<typeof Row>

const FIRST = Date.UTC(2026, 0, 5) / 1000
const UNIT = 1_000_000
/** Bytes of an hour beside those of the series, of which some fall below zero. */
const BASE = 1_000_000_000
/** Rows in which findings belong to the alert of the first. */
const ALERT = 100

function hourOf(id: string, row: number, value: number): Interaction {
  const time = BigInt(FIRST + row * 3600 + 1800) * 1_000_000_000n
  return { ...blankInteraction(), interaction_id: `${id}-${row}`, tenant: id, actor: 'series', actor_kind: 'client', method: 'tools/call', started_at: time,
    ended_at: time, received_at: time, sort_at: time, result_bytes: BigInt(Math.max(0, Math.round(BASE + value * UNIT))), outcome: 'ok' }
}

/** Rows at which a finding was made that opened an alert. */
function detectionsIn({ id, values }: Row, params: object = {}): readonly number[] {
  const arm = REGISTRY['unusual-volume']
  if (arm === undefined) throw new RangeError('the list of detectors has no unusual-volume')
  const play = rehearsal(arm(params))
  const opened: number[] = []
  for (const [row, value] of values.entries()) {
    const said = play(hourOf(id, row, value)).length > 0
    if (said && row - (opened.at(-1) ?? -ALERT) >= ALERT) opened.push(row)
  }
  return opened
}

function line(name: string, sum: NabSum): string {
  const score = nabScore(sum)
  return `${name.padEnd(26)}${[`${sum.found}/${sum.windows}`, String(sum.falsely), score === undefined ? '-' : score.toFixed(1)].map((column) => column.padStart(11)).join('')}`
}

export const NAB: Evaluation = {
  about: 'unusual volumes in time series (Numenta Anomaly Benchmark, standard profile)',
  async run(data, print, { json, split }) {
    for (const set of setsIn(data, 'nab', split).map((name) => `nab/${name}`)) {
      const scored = readSet(data, set, (row) => Row.parse(row)).map((row) => {
        const detections = detectionsIn(row)
        return { row, detections, sum: scoreSeries(row, detections) }
      })
      if (json) for (const { row: { id, category }, detections, sum } of scored) print(JSON.stringify({ evaluation: set, id, group: category, detections, ...sum }))
      if (json) continue
      print(`\n${set} (goal: 65)\n${''.padEnd(26)}${['found', 'falsely', 'score'].map((column) => column.padStart(11)).join('')}`)
      for (const group of [...new Set(scored.map(({ row }) => row.category))].sort()) {
        print(line(group, addUp(scored.filter(({ row }) => row.category === group).map(({ sum }) => sum))))
      }
      print(line('all', addUp(scored.map(({ sum }) => sum))))
    }
  },
}
