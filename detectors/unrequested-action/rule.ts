import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Tools that may run without a user's turn: schedulers, housekeeping. */
  unattendedTools: z.array(z.string()).default([]),
  /** Whether calls without any turn behind them count, where propagation is known to work. */
  withoutTurn: z.boolean().default(true),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'unrequested-action',
  version: 2,
  title: 'Unrequested action',
  description:
    'A call that changes something although no turn of a user stands behind it, or whose turn asks for something else while its values come ' +
    'from the model or from what a tool returned, or that goes to an address of the same name as one that the user gave, at another domain. ' +
    'Judged on the whole interaction: a later version that shows the request takes the finding no further.',
  severity: 'high',
  params: Params,
  needs: ['requested_by', 'request_text', 'arguments', 'effect'],
  blindSpots: [
    'Telemetry without agent spans: who asked is unknown, and unknown is never an accusation.',
    'Telemetry without message contents: no words to compare a call with.',
    'A user who hands the choice to a text ("do what the mail says"): lineage cannot tell the text from the user.',
    'An order in other words than its call: values that the model rewrote cannot be traced.',
    'Requests in other languages than English are judged by the values they give alone.',
  ],
  benign: ['Agents that run on a schedule without saying so.', 'Turns so short that the request is in an earlier conversation.',
    'Helpers of a framework that save or notify on their own.'],
  runbook: [
    'Read the turn, the call and the result that a value came from, in the order of the trace.',
    'Ask the user whether they wanted it. If not: undo it, revoke the token, and look for the text that ordered it.',
    'Search for other interactions with values from the same result.',
  ],
  maps: { owaspMcp2025: ['MCP06', 'MCP03'], atlas5: ['AML.T0051.001', 'AML.T0053', 'AML.T0086'], attack19: ['T1078', 'T1204'] },
}
