import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Commands and days of history per actor and server before a first use counts as news. */
  minCommands: z.number().int().min(1).default(30),
  minDays: z.number().int().min(1).max(60).default(3),
  maxShapes: z.number().int().min(16).max(4096).default(512),
  /** Days after which a shape not seen again is forgotten. */
  keepDays: z.number().int().min(7).default(90),
  /** Ids of command rules that are not applied. */
  ignore: z.array(z.string()).default([]),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'unexpected-command',
  version: 2,
  title: 'Unexpected command',
  description:
    'Shell text in a tool call is parsed to commands and judged by what runs, with which words, in which pipe: download-and-run, reverse ' +
    'shells, credentials, persistence, ' +
    'configuration of agents, protection switched off, destruction, exfiltration. Apart from that, the first use of a program by an actor on ' +
    'a server with enough history is told.',
  severity: 'high',
  params: Params,
  needs: ['arguments', 'tool'],
  blindSpots: [
    'Telemetry without arguments: nothing is parsed, nothing is said.',
    'A script that is already on the server and only called by its name.',
    'Text over 16 KiB is judged by its first 16 KiB; code nested deeper than three levels is not opened.',
    'Programs under a name of their own (a copied curl) and variables that are only put together at run time.',
  ],
  benign: [
    'Installers that are documented as a download piped into a shell.',
    'Administrators who change services, firewalls or the registry through an agent.',
    'Security tests and exercises.',
  ],
  runbook: [
    'Read the command in the interaction and the turn it ran under.',
    'Ask the person behind the actor whether they know it; look at what the same lineage did before and after.',
    'If unknown: revoke the token, isolate the MCP server, keep the trace.',
  ],
  maps: { owaspMcp2025: ['MCP05', 'MCP04'], atlas5: ['AML.T0050', 'AML.T0072', 'AML.T0081', 'AML.T0102'],
    attack19: ['T1059', 'T1105', 'T1552', 'T1546', 'T1685', 'T1485', 'T1048'] },
}
