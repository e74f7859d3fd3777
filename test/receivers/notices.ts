/** What receivers are told, in examples: the same for every receiver, so that one can compare how each shows them. */
import { rule as commandRule } from '../../detectors/unexpected-command/rule.ts'
import { rule as compositeRule } from '../../detectors/composite-risk/rule.ts'
import { rule as volumeRule } from '../../detectors/unusual-volume/rule.ts'
import { ruleTextOf } from '../../detectors/rule-text.ts'
import type { AlertMessage, Notice, StormMessage, TestMessage } from '../../schemas/alert-message.ts'

const LABELS = { environment: 'production' }
const ALERT = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'

const linksTo = (detector: string): AlertMessage['data']['links'] => [
  { rel: 'console', text: 'Open the alert', href: `https://watchkeeper.example.org/alerts/${ALERT}` },
  { rel: 'runbook', text: `Runbook: ${detector}`, href: `https://wiki.example.org/runbooks/${detector}` },
]

function rulesOf(rule: Parameters<typeof ruleTextOf>[0]): AlertMessage['data']['rules'] {
  const { detector, version, title, benign, runbook, owasp_mcp_2025, atlas_5, attack_19 } = ruleTextOf(rule)
  return [{ detector, version, title, benign, runbook, owasp_mcp_2025, atlas_5, attack_19 }]
}

export const criticalCommand: AlertMessage = {
  type: 'alert.open', timestamp: '2026-11-21T01:48:45.100Z',
  data: {
    alert_id: ALERT, version: 1, tenant: 'default', status: 'open', severity: 'critical', title: 'ci-bot ran a command on files that runs what it downloads, and nobody asked for it', verdict: '',
    status_by: 'watchkeeper', status_why: '',
    who: { actor: 'ci-bot', actor_kind: 'client', principal: 'alice@example.com', client: 'ci-bot' },
    what: { tool: 'run_command', server: 'files', detectors: ['unexpected-command', 'unrequested-action'], families: ['command', 'request'] },
    lineage: 'alice@example.com asked "Summarise revenue for Q3" -> agent support -> run_command on files (execute); the turn did not ask for it; arguments: $.command from the result of call c1',
    why: [
      {
        finding_id: 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', detector: 'unexpected-command', rule_version: 2, severity: 'critical', title: 'A command runs what it downloads', observed: 'runs what it downloads',
        expected: 'commands that read and build, and nothing that ordinary work does not need',
        case: {
          weighed: [{ name: 'download-and-run', observed: 'runs what it downloads', expected: '', weight: 1 }], usual: { self: 'no such command in 40 calls on 12 days' },
          lineage: 'alice@example.com asked "Summarise revenue for Q3" -> agent support -> run_command on files (execute); the turn did not ask for it',
          sample_events: ['0f1e2d3c4b5a69788796a5b4c3d2e1f0 2026-11-21T01:48:44.644Z tools/call run_command on files: ok'], part_ids: [],
        },
      },
      {
        finding_id: 'e0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', detector: 'unrequested-action', rule_version: 1, severity: 'high', title: 'run_command was called for something that the user did not ask for',
        observed: 'execute under a turn that asks to read', expected: 'calls that the turn asks for',
      },
    ],
    why_omitted: 0, findings: 2, rules: rulesOf(commandRule), evidence_ids: ['0f1e2d3c4b5a69788796a5b4c3d2e1f0'], interaction_ids: ['a1b2c3d4a1b2c3d4a1b2c3d4a1b2c3d4'],
    trace_id: 'd61a9a00000000000000000000000001', conversation: 'conv-1', first_seen: '2026-11-21T01:48:44.644Z', last_seen: '2026-11-21T01:48:44.659Z',
    sql: 'SELECT * FROM watchkeeper.audit_events\nWHERE tenant = \'default\' AND trace_id = \'d61a9a00000000000000000000000001\'\n' +
      '  AND started_at >= toDateTime64(\'2026-11-21 01:33:44\', 9, \'UTC\') AND started_at < toDateTime64(\'2026-11-21 02:03:45\', 9, \'UTC\')\nORDER BY started_at',
    links: linksTo('unexpected-command'), labels: LABELS,
  },
}

const habitVolume: AlertMessage = {
  type: 'alert.open', timestamp: '2026-11-21T03:12:00.000Z',
  data: {
    ...criticalCommand.data, severity: 'medium', title: 'Unusual volume for anna@example.com: 1,412 calls within an hour',
    who: { actor: 'anna@example.com', actor_kind: 'principal', principal: 'anna@example.com', client: 'claude-desktop' },
    what: { tool: 'read_file', server: 'crm', detectors: ['unusual-volume'], families: ['volume'] }, lineage: '',
    why: [{
      finding_id: 'c0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', detector: 'unusual-volume', rule_version: 1, severity: 'medium', title: 'Unusual volume for anna@example.com: 1,412 calls within an hour',
      observed: '1,412 calls in the first 12 min of the hour', expected: 'about 40 calls an hour, at most 310',
      case: {
        weighed: [{ name: 'calls', observed: '1,412 calls', expected: 'about 40, at most 310', weight: 1 }],
        usual: { self: 'about 40 calls an hour in 212 active hours at this time of day', peers: 'about 55 calls an hour in 3,000 active hours' }, lineage: '', sample_events: [], part_ids: [],
      },
    }],
    findings: 1, rules: rulesOf(volumeRule), trace_id: '', conversation: '', first_seen: '2026-11-21T03:00:00.000Z', last_seen: '2026-11-21T04:00:00.000Z',
    sql: 'SELECT tool, server, count() FROM watchkeeper.interactions\nWHERE tenant = \'default\' AND actor = \'anna@example.com\'\nGROUP BY ALL ORDER BY 3 DESC', links: linksTo('unusual-volume'),
  },
}

const WEIGHED = [
  ['sensitive-access', 'backup-agent looks at payroll for the first time', 4.1, 0.41], ['new-destination', 'backup-agent sends to paste.example, which nobody here did not use before', 3.2, 0.32],
  ['off-hours-token', 'Activity of backup-agent at an unusual time: Saturday night', 1.6, 0.16], ['discovery-scan', 'backup-agent looks for what there is', 1.1, 0.11],
] as const

export const composite: AlertMessage = {
  type: 'alert.updated', timestamp: '2026-11-21T23:41:10.000Z',
  data: {
    ...criticalCommand.data, version: 3, severity: 'high', title: 'backup-agent: 9 weak signs of 4 detectors within 3.2 h add up',
    who: { actor: 'backup-agent', actor_kind: 'agent', principal: '', client: '' }, what: { tool: '', server: 'files', detectors: ['composite-risk'], families: ['composite-risk'] }, lineage: '',
    why: [{
      finding_id: 'b0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', detector: 'composite-risk', rule_version: 1, severity: 'high', title: 'backup-agent: 9 weak signs of 4 detectors within 3.2 h add up',
      observed: '10 points from 4 kinds of signs', expected: 'less than 6.0 points; each sign halves in 6 h',
      case: {
        weighed: WEIGHED.map(([name, title, points, weight]) => ({ name, observed: `${title} (${points} points)`, expected: '', weight })), usual: {}, lineage: '', sample_events: [], part_ids: [],
      },
    }],
    why_omitted: 2, findings: 3, rules: rulesOf(compositeRule), first_seen: '2026-11-21T20:29:00.000Z', last_seen: '2026-11-21T23:41:00.000Z', links: linksTo('composite-risk'),
  },
}

export const acknowledged: AlertMessage = {
  ...criticalCommand, type: 'alert.acknowledged', timestamp: '2026-11-21T01:55:00.000Z',
  data: { ...criticalCommand.data, version: 2, status: 'acknowledged', status_by: 'bea@example.com', status_why: 'I am looking at it' },
}

export const resolved: AlertMessage = {
  ...criticalCommand, type: 'alert.resolved', timestamp: '2026-11-21T02:40:00.000Z',
  data: { ...criticalCommand.data, version: 4, status: 'resolved', verdict: 'benign', status_by: 'bea@example.com', status_why: 'The installer of our build server; its hash is the one on record' },
}

const wentQuiet: AlertMessage = {
  ...habitVolume, type: 'alert.resolved', timestamp: '2026-11-22T04:00:00.000Z',
  data: { ...habitVolume.data, version: 2, status: 'resolved', status_why: 'nothing new for 24 h' },
}

export const storm: StormMessage = {
  type: 'storm.summary', timestamp: '2026-11-21T05:00:00.000Z',
  data: {
    storm_id: 'storm-9f2c', tenant: 'default', receiver: 'on-call', alerts: 214, messages: 231, severity: 'critical', by_severity: { critical: 2, high: 31, medium: 181 },
    since: '2026-11-21T04:31:00.000Z', until: '2026-11-21T05:00:00.000Z',
    top: [
      { alert_id: ALERT, severity: 'critical', title: 'ci-bot ran a command on files that runs what it downloads, and nobody asked for it' },
      { alert_id: '1f1e2d3c4b5a69788796a5b4c3d2e1f0', severity: 'high', title: 'deploy-bot destroys much in short time' },
    ],
    sql: 'SELECT alert_id, severity, title FROM watchkeeper.alerts\nWHERE tenant = \'default\' AND updated_at >= \'2026-11-21 04:31:00\'\nORDER BY severity DESC',
    links: [{ rel: 'console', text: 'Open all of them', href: 'https://watchkeeper.example.org/alerts' }], labels: LABELS,
  },
}

export const trial: TestMessage = {
  type: 'receiver.test', timestamp: '2026-11-21T09:00:00.000Z', data: { receiver: 'on-call', by: 'bea@example.com', title: 'A test of receiver on-call', labels: LABELS },
}

/** By the name of the file that shows it. */
export const NOTICES: Readonly<Record<string, Notice>> = {
  'critical-command': criticalCommand, 'habit-volume': habitVolume, composite, acknowledged, resolved, 'went-quiet': wentQuiet, storm, test: trial,
}
