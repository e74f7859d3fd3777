import { z } from 'zod'
import type { Rule } from '../detector.ts'

/** Raised by the conservation job, which alone sees all accounts; it has no state and no parameters. */
export const rule: Rule<Record<string, never>> = {
  id: 'conservation',
  version: 1,
  title: 'Records are missing, or are there that nobody stored',
  description: 'What a source sent in a minute is not what was stored, repeated, contradicted, put aside, refused or passed over, although everything of that minute is through.',
  severity: 'high',
  params: z.strictObject({}),
  needs: [],
  blindSpots: [
    'Who can write to the tables can also change receipts and ledger so that they agree: the account finds loss and careless tampering, not a forger with all rights.',
    'Records that a collector took in its last second before it was killed have no receipt; the log\'s own offsets are the only witness for them.',
    'A row that is changed in place is still one row.',
  ],
  benign: ['Rows were removed from audit_events on purpose, by a retention job or an erasure.', 'A backup was put back that is older than the log.'],
  runbook: [
    'Read the reasons: they say between which two stages the records went.',
    'SELECT * FROM conservation WHERE difference != 0 ORDER BY window_start shows every minute and source.',
    'On the bus: SELECT * FROM quarantine WHERE reason IN (\'damaged_group\', \'missing_group\') names the envelopes that cannot be read.',
    'In the table: ask who may write to it, and look into its query_log; the log still has the records within its retention.',
  ],
  maps: { owaspMcp2025: ['MCP08'], atlas5: [], attack19: ['T1685.002'] },
}
