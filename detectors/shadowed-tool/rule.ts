import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Servers that may carry tools of any name. */
  trustedServers: z.array(z.string()).default([]),
  /** Whether every tool with the name of another server's is told, as low. Names such as `search` are common. */
  everySameName: z.boolean().default(false),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'shadowed-tool',
  version: 2,
  title: 'Shadowed tool',
  description:
    'A server offers a tool that is to be taken for another server\'s: its name looks the same and is spelled with other characters, or it has the same name and says that it is to be preferred, ' +
    'sets instructions aside, or speaks of the other server; ' +
    'or it has the same tool and description, its own name is a slip of the finger or a separator away from that server\'s, and both tell of themselves from different programs.',
  severity: 'high',
  params: Params,
  needs: [],
  blindSpots: ['Lists that do not name their server, as most agents\' do not.', 'Names that are similar without looking the same (`read_files`).',
    'A tool of the same name that makes no claim: both may be right, and only what they do tells.'],
  benign: ['The same server under two names, of a test and of production: its own words do not ask to be preferred.', 'A successor that says which server it replaces.'],
  runbook: [
    'Compare both in `tool_inventory`: names as bytes, descriptions, when each was first seen.',
    'See in `interactions` which of the two agents called since.',
    'Take the impostor off; if both are right, give one of them another name.',
  ],
  maps: { owaspMcp2025: ['MCP03', 'MCP09'], atlas5: ['AML.T0110', 'AML.T0104'], attack19: ['T1036.005', 'T1195.002'] },
}
