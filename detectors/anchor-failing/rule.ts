import { z } from 'zod'
import type { Rule } from '../detector.ts'

/** Raised by the notary, which alone talks to anchors; it has no state and no parameters. */
export const rule: Rule<Record<string, never>> = {
  id: 'anchor-failing',
  version: 1,
  title: 'The log is not put outside any more',
  description: 'A place outside of the database that is to hold the signed state of the log (a file, a webhook, a witness) has not taken one for three tries. What was logged since it last did can be cut off or rewritten by who has the key, and nobody could prove it.',
  severity: 'high',
  params: z.strictObject({}),
  needs: [],
  blindSpots: ['An anchor that takes everything and keeps nothing looks well.', 'Where no anchor is configured, none can fail.'],
  benign: ['The receiver is being maintained, its certificate ended, or its address changed.'],
  runbook: [
    'Read the reason: it is the answer of the anchor, or why there was none.',
    'A witness that has seen a longer log, or another one at the same size, says that this log was put back or rewritten: keep everything as it is and run watchkeeper verify against the last anchored checkpoint.',
    'SELECT * FROM anchors ORDER BY anchored_at DESC shows every attempt; the last one with ok = true is up to where the log can be proved.',
    'Repair the anchor: the next checkpoint covers everything before it.',
  ],
  maps: { owaspMcp2025: ['MCP08'], atlas5: [], attack19: ['T1685.002'] },
}
