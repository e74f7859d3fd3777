import { z } from 'zod'
import type { Rule } from '../detector.ts'

/** Raised by the notary, which reads every leaf once before it signs; it has no state and no parameters. */
export const rule: Rule<Record<string, never>> = {
  id: 'broken-log',
  version: 1,
  title: 'What proves the log does not go on from what was signed',
  description: 'The leaves of a partition (table event_leaves) are not those that were signed, or one of them is missing or stands there twice. The notary signs nothing that contradicts what it signed, so this partition has no new checkpoints.',
  severity: 'critical',
  params: z.strictObject({}),
  needs: [],
  blindSpots: [
    'Only leaves since the last checkpoint and up to fifteen before it are looked at again: for all others, and for the events themselves, run watchkeeper verify.',
  ],
  benign: ['The tables were put back from a backup that is older than the last checkpoint.', 'The machine lost power, and the engine in the process lost its last seconds.'],
  runbook: [
    'Keep data directory and tables as they are, and copy them.',
    'watchkeeper verify says which index is the first that is not as signed, and whether an anchor outside covers it.',
    'Ask who could write to the tables: this product only ever adds to event_leaves.',
  ],
  maps: { owaspMcp2025: ['MCP08'], atlas5: [], attack19: ['T1685.002'] },
}
