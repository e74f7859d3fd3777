/** What an incident pack holds: a file for each table, with what of it belongs to the incident. Every statement names the tenant. */
import type { Reading } from './rows.ts'

export interface Section extends Reading {
  readonly file: string
  /** For people. */
  readonly says: string
}

const OWN = 'tenant = {tenant:String}'
const NANO = (name: string): string => `fromUnixTimestamp64Nano({${name}:Int64}, 'UTC')`
const within = (column: string): string => `${column} >= ${NANO('since')} AND ${column} <= ${NANO('until')}`
const LINEAGE = '(trace_id IN {traces:Array(String)} OR conversation IN {conversations:Array(String)})'
/** Nobody's records belong to somebody who is not known. */
const ACTOR = "(({actor:String} != '' AND actor = {actor:String}) OR ({principal:String} != '' AND principal = {principal:String}))"
const ALERTS = `SELECT alert_id FROM watchkeeper.alerts WHERE ${OWN} AND (alert_id = {alert_id:String} OR (${ACTOR} AND ${within('first_seen')}))`
const TOOLS = `SELECT server, tool FROM watchkeeper.interactions WHERE ${OWN} AND (interaction_id IN {interaction_ids:Array(String)} OR ${LINEAGE} OR (${ACTOR} AND ${within('started_at')}))`

export const SECTIONS: readonly Section[] = [
  {
    file: 'alerts.jsonl', table: 'alerts', says: 'The alert, and others of the same actor in the time', where: `${OWN} AND alert_id IN (${ALERTS})`,
    key: ['created_at', 'alert_id'], most: 1_000,
  },
  { file: 'alert-events.jsonl', table: 'alert_events', says: 'Who did what with these alerts, when and why', where: `${OWN} AND alert_id IN (${ALERTS})`, key: ['at', 'event_id'], most: 10_000 },
  { file: 'deliveries.jsonl', table: 'deliveries', says: 'Who was told of them', where: `${OWN} AND alert_id IN (${ALERTS})`, key: ['attempted_at', 'message_id'], most: 10_000 },
  {
    file: 'findings.jsonl', table: 'findings', says: 'What detectors said of the lineage, and of the actor in the time',
    where: `${OWN} AND (finding_id IN {finding_ids:Array(String)} OR ${LINEAGE} OR (${ACTOR} AND ${within('window_end')}))`, key: ['created_at', 'finding_id'], most: 10_000,
  },
  {
    file: 'interactions.jsonl', table: 'interactions', says: 'Calls of the lineage, and of the actor in the time',
    where: `${OWN} AND (interaction_id IN {interaction_ids:Array(String)} OR ${LINEAGE} OR (${ACTOR} AND ${within('started_at')}))`, key: ['started_at', 'interaction_id'], most: 50_000,
  },
  {
    file: 'events.jsonl', table: 'audit_events', says: 'Every record of them, as stored: what leaves of the log commit to',
    where: `${OWN} AND (event_id IN {event_ids:Array(String)} OR ${LINEAGE} OR (${ACTOR} AND ${within('started_at')}))`, key: ['started_at', 'event_id'], most: 100_000,
  },
  {
    file: 'tools.jsonl', table: 'tool_inventory', says: 'Every version of the tools that were called, and who was offered them', where: `${OWN} AND (server, name) IN (${TOOLS})`,
    key: ['first_seen', 'definition_hash', 'kind', 'name', 'server', 'target', 'source', 'emitter', 'vantage', 'agent', 'client'], most: 10_000,
  },
  {
    file: 'policies.jsonl', table: 'policies', says: 'Policies that were in force at some time in it', where: `tenant IN ({tenant:String}, '*') AND in_force_from <= ${NANO('until')} AND in_force_until >= ${NANO('since')}`,
    key: ['in_force_from', 'policy'], most: 1_000,
  },
  { file: 'coverage.jsonl', table: 'coverage', says: 'What sources sent in these hours, and which detectors were blind', where: `${OWN} AND window_start >= toStartOfHour(${NANO('since')}) AND window_start <= ${NANO('until')}`, key: ['window_start', 'source', 'emitter', 'scope_version', 'service_version', 'mapping_version'], most: 10_000 },
  { file: 'quarantine.jsonl', table: 'quarantine', says: 'Records of the time that could not be used, without their bytes', where: `${OWN} AND ${within('quarantined_at')}`, key: ['quarantined_at', 'quarantine_id'], without: ['payload'], most: 10_000 },
  {
    file: 'conservation.jsonl', table: 'conservation', says: 'Minutes of the time whose account does not come out even', where: `${OWN} AND ${within('window_start')} AND difference != 0`,
    key: ['window_start', 'source'], most: 10_000,
  },
]
