import type { Row } from '../../schemas/ports.ts'
import { QUARANTINED_DEFAULTS } from '../../schemas/quarantined.ts'
import {
  alertEvents, alerts, anchors, checkpoints, conservation, coverage, credentials, definitions, deliveries, findings, interactions, metrics, policies, quarantine, quarantineActions, receipts, responseActions, silences, type Topic,
} from '../../schemas/topics.ts'

export interface RowTopic {
  readonly topic: Topic<Row>
  /** Published table. */
  readonly table: string
  /** Columns that envelopes of older versions leave out. */
  readonly defaults?: Row
}

/** Every topic of ordinary rows. */
export const ROW_TOPICS: readonly RowTopic[] = [
  { topic: interactions as unknown as Topic<Row>, table: 'interactions' },
  { topic: findings as unknown as Topic<Row>, table: 'findings' },
  { topic: alerts as unknown as Topic<Row>, table: 'alerts' },
  { topic: alertEvents as unknown as Topic<Row>, table: 'alert_events' },
  { topic: silences as unknown as Topic<Row>, table: 'silences' },
  { topic: responseActions as unknown as Topic<Row>, table: 'response_actions' },
  { topic: deliveries as unknown as Topic<Row>, table: 'deliveries' },
  { topic: quarantine as unknown as Topic<Row>, table: 'quarantine', defaults: QUARANTINED_DEFAULTS },
  { topic: metrics as unknown as Topic<Row>, table: 'mcp_metrics' },
  { topic: quarantineActions as unknown as Topic<Row>, table: 'quarantine_actions' },
  { topic: receipts as unknown as Topic<Row>, table: 'receipts', defaults: { points: false } },
  { topic: definitions as unknown as Topic<Row>, table: 'tool_inventory' },
  { topic: coverage as unknown as Topic<Row>, table: 'coverage' },
  { topic: policies as unknown as Topic<Row>, table: 'policies' },
  { topic: credentials as unknown as Topic<Row>, table: 'credentials' },
  { topic: conservation as unknown as Topic<Row>, table: 'conservation', defaults: { points: false } },
  { topic: checkpoints as unknown as Topic<Row>, table: 'checkpoints' },
  { topic: anchors as unknown as Topic<Row>, table: 'anchors' },
]
