import { expect, it } from 'vitest'
import type { AlertMessage } from '../../schemas/alert-message.ts'
import { NOTICES } from '../../test/receivers/notices.ts'
import { linesOf } from './readable.ts'

it('tells who, what, why, how, what to do and what to ask', () => {
  const at = '2026-11-21T01:48:44.644Z'
  const message: AlertMessage = {
    type: 'alert.open', timestamp: at,
    data: {
      alert_id: 'a', version: 1, tenant: 't', status: 'open', severity: 'high', title: 'A title', verdict: '', status_by: 'watchkeeper', status_why: '', lineage: '', links: [], labels: {}, who: { actor: 'ana', actor_kind: 'principal', principal: 'ana', client: '' },
      what: { tool: 'send', server: 'mail', detectors: ['d', 'e'], families: [] },
      why: [
        {
          finding_id: 'f', detector: 'd', rule_version: 2, severity: 'high', title: 'It sent', observed: '9', expected: '3',
          case: { weighed: [{ name: 'rate', observed: '9 an hour', expected: '3', weight: 0.7 }], usual: { self: '3', peers: '4' }, lineage: 'ana asked "x" -> send on mail', sample_events: ['e1', 'e2'], part_ids: [] },
        },
        { finding_id: 'g', detector: 'e', rule_version: 1, severity: 'low', title: 'It read', observed: '1', expected: '0' },
      ],
      why_omitted: 3, findings: 5,
      rules: [{ detector: 'd', version: 2, title: 'Sends', benign: ['a move', 'a test'], runbook: ['ask', 'revoke'], owasp_mcp_2025: ['MCP06'], atlas_5: [], attack_19: ['T1'] }],
      evidence_ids: [], interaction_ids: [], trace_id: '', conversation: '', first_seen: at, last_seen: at, sql: 'SELECT 1\nFROM x',
    },
  }
  const lines = [
    'ALERT  HIGH  A title',
    '  who   ana (principal)',
    '  what  send on mail  [d, e]',
    '  why   It sent: 9; expected 3  [d 2, high]',
    '          70 %  rate: 9 an hour; usual 3',
    '          usual for itself: 3',
    '          usual for its peers: 4',
    '  how   ana asked "x" -> send on mail',
    '  event e1',
    '        e2',
    '  why   It read: 1; expected 0  [e 1, low]',
    '        and 3 more',
    '  or    harmless if: a move',
    '        harmless if: a test',
    '  do    ask',
    '        revoke',
    '  maps  MCP06 T1',
    '  SQL   SELECT 1',
    '        FROM x',
  ]
  expect(linesOf(message, new Set())).toEqual(lines)
  expect(linesOf(message, new Set(['d']))).toEqual(lines.filter((line) => !/harmless| ask$| do |revoke|maps/.test(line)))
})

it('tells what became of it, and what was held back', () => {
  const first = (name: string): string => linesOf(NOTICES[name]!, new Set()).slice(0, 2).join(' | ')
  expect([first('acknowledged'), first('resolved'), first('went-quiet'), first('storm'), first('test')]).toEqual([
    'SEEN  CRITICAL  ci-bot ran a command on files that runs what it downloads, and nobody asked for it |   by    bea@example.com: I am looking at it',
    'OVER  CRITICAL  ci-bot ran a command on files that runs what it downloads, and nobody asked for it |   by    bea@example.com (benign): The installer of our build server; its hash is the one on record',
    'OVER  MEDIUM  Unusual volume for anna@example.com: 1,412 calls within an hour |   by    watchkeeper: nothing new for 24 h',
    'STORM  CRITICAL  231 messages about 214 alerts held back |   top   CRITICAL  ci-bot ran a command on files that runs what it downloads, and nobody asked for it',
    'TEST   A test of receiver on-call',
  ])
})
