import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Servers whose changes are reviewed elsewhere. */
  trustedServers: z.array(z.string()).default([]),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'changed-definition',
  version: 3,
  title: 'Changed definition',
  description:
    'A tool that was approved with one description is now told to do, or said to be, something else: its new version adds orders to the model, asks for what only the model has, names new ' +
    'addresses, or calls harmless what it said was not. ' +
    'What a caller is offered for the first time is compared with what others were offered before. Changes of wording, of parameters and of annotations that do none of this are in view `tool_changes` and no finding.',
  severity: 'high',
  params: Params,
  needs: [],
  blindSpots: [
    'Telemetry without lists of tools, or with lists of one version only.',
    'A server that behaves otherwise under the same description.',
    'The first version that is ever seen: `poisoned-description` judges that one.',
    'New words that order nothing and are false ("in euro" for "in cent").',
  ],
  benign: [
    'A release that adds a parameter, a method or an example.',
    'Corrected annotations: what always was read-only is now said to be.',
    'A description that now names the address of a new service of the same maker.',
  ],
  runbook: [
    'Compare both versions in `tool_changes` (server, name, `parts`, `description_before`).',
    'Ask whether the server\'s package or version changed on that day; a definition that changes without a release is suspicious on its own.',
    'Find the calls after the change: `SELECT * FROM interactions WHERE server = … AND started_at >= changed_at`.',
    'Pin the earlier version of the server, or take it off, until the change is explained.',
  ],
  maps: { owaspMcp2025: ['MCP03', 'MCP04'], atlas5: ['AML.T0109', 'AML.T0110'], attack19: ['T1195.002'] },
}
