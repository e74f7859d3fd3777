import { z } from 'zod'
import type { Rule } from '../detector.ts'

/** Raised by the archiver, which alone knows what is stored already; it has no state and no parameters. */
export const rule: Rule<Record<string, never>> = {
  id: 'record-conflict',
  version: 1,
  title: 'A second record claims the identity of a stored one',
  description: 'Two records with the same trace and span id (or the same log identity) say different things. The first stays; the second is kept beside it.',
  severity: 'high',
  params: z.strictObject({}),
  needs: [],
  blindSpots: ['A forger who knows the first record and repeats it word for word changes nothing and is not seen.', 'A forger who is first: then the true record is the conflict.'],
  benign: ['An SDK that exports a span twice, once before it ended.', 'A proxy that rewrites attributes on one of two paths to the collector.'],
  runbook: [
    'Compare both rows: the conflicting one has conflict_with = event_id of the first.',
    'Look at source, exporter_peer and received_at of both: different exporters mean that one of them lies or relays.',
    'Revoke the ingest token of the exporter that cannot explain its record.',
  ],
  maps: { owaspMcp2025: ['MCP08'], atlas5: [], attack19: ['T1685.002'] },
}
