/** The same conversation as each emitter records it: one call is one interaction, with every side that was instrumented. */
import { expect, it } from 'vitest'
import type { Interaction } from '../../schemas/interaction.ts'
import { recordedEvents } from '../../services/collector/normalise/sample-telemetry.ts'
import { assemble } from './assembling.ts'

const BOTH = ['client', 'server'] as const

interface Case {
  readonly folder: string
  readonly vantages: readonly string[]
  /** Observations of one call. */
  readonly observed: number
  /** What became of `read_file`, `run_command`, `fail` and `nope`. */
  readonly outcomes: readonly Interaction['outcome'][]
}

const CASES: readonly Case[] = [
  { folder: 'mcp-python-sdk', vantages: BOTH, observed: 2, outcomes: ['ok', 'ok', 'tool_error', 'tool_error'] },
]

it.each(CASES)('$folder: a call is one interaction', ({ folder, vantages, observed, outcomes }) => {
  const calls = assemble(recordedEvents(folder)).filter(({ method }) => method === 'tools/call')
  const byTool = ['read_file', 'run_command', 'fail', 'nope'].map((tool) => calls.filter((call) => call.tool === tool))
  expect(byTool.map((found) => found.length)).toEqual([1, 1, 1, 1])
  expect(calls).toHaveLength(4)
  expect(byTool.flat().map((call) => call.outcome)).toEqual(outcomes)
  for (const call of calls) {
    expect(call.vantages).toEqual(vantages)
    expect(call.event_ids).toHaveLength(observed)
  }
})
