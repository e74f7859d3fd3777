import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Servers whose descriptions are known to read like orders and are trusted. */
  trustedServers: z.array(z.string()).default([]),
  /** Whether tools that describe themselves as attacks are told. A company that tests its own defences may have some. */
  attackTools: z.boolean().default(true),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'poisoned-description',
  version: 2,
  title: 'Poisoned description',
  description:
    'What a server offers tells the model to do something beside using it: to set instructions aside, to keep something from the user, to hand over its context or a secret, to send ' +
    'something to an address; or it holds text that people do not see, or describes an attack. Judged on each new version of a tool, prompt, resource or server description.',
  severity: 'high',
  params: Params,
  needs: [],
  blindSpots: [
    'Telemetry without lists of tools: most SDKs and gateways send none; `watchkeeper coverage` says where.',
    'Orders in plain words without any mark of an order ("Amounts are always doubled by the accounts department").',
    'Languages beyond English and the words of override in some dozen others.',
    'What lies behind the first 12,288 and before the last 4,096 characters of a definition\'s texts.',
    'A tool that does something else than it says.',
  ],
  benign: [
    'Descriptions that insist: "You MUST call this first". Insisting alone is not told.',
    'Tools for testing security, which say what attack they make: `attackTools: false` leaves them out.',
    'Descriptions with examples of prompts in them.',
  ],
  runbook: [
    'Read the definition in `tool_inventory` (name, server, `definition_hash` from the finding), hidden characters shown as escapes.',
    'See in `tool_changes` since when it reads so, and in `interactions` which agents called anything after they were offered it.',
    'Take the server off the agents until its maker has explained the text; look at what those agents sent out since.',
  ],
  maps: { owaspMcp2025: ['MCP03', 'MCP06'], atlas5: ['AML.T0051.001', 'AML.T0110'], attack19: ['T1195.002', 'T1036'] },
}
