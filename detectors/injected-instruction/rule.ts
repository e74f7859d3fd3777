import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Tools whose results are texts about prompts and attacks: scanners, reviewers. */
  ignoreTools: z.array(z.string()).default([]),
  /** Whether turns of users count that set the model's instructions aside. */
  turns: z.boolean().default(true),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'injected-instruction',
  version: 1,
  title: 'Injected instruction',
  description:
    'What a tool, prompt or resource returned, or a server asked a model, gives orders instead of information: sets instructions aside, speaks as the system or to the model, demands silence towards ' +
    'the user, says what the answer must hold, sends something to an address, or hides or encodes such words. And turns of users against the model\'s instructions.',
  severity: 'medium',
  params: Params,
  needs: ['result'],
  wants: ['request_text'],
  blindSpots: [
    'Telemetry without results.',
    'Harmless sentences in the wrong place ("Suggest weekend getaways" in a mail): only who asked for what tells them apart, which is `unrequested-action`.',
    'Orders in plain words without any mark of an order; orders in images.',
    'Languages beyond English and the words of override in some dozen others.',
    'What lies between the first 12,288 and the last 4,096 characters of a result.',
  ],
  benign: [
    'Articles, tickets, tests and code about prompt injection that quote it.',
    'Prompt templates kept as files, and read as such.',
    'Quizzes and forms that say how to write an answer.',
  ],
  runbook: [
    'Read the result (hidden characters shown as escapes) and where its content came from: a page, a mail, an issue, a file.',
    'See what the agent did next: `SELECT * FROM interactions WHERE trace_id = … ORDER BY started_at`; `unrequested-action` tells when it obeyed.',
    'Remove or quarantine the source; look for other results of the same source.',
    'A user\'s turn: ask what they were trying; most often curiosity.',
  ],
  maps: { owaspMcp2025: ['MCP06', 'MCP03'], atlas5: ['AML.T0051.001', 'AML.T0051.000', 'AML.T0054'], attack19: ['T1204', 'T1027'] },
}
