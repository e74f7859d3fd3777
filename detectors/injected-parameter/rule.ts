import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Tools whose arguments are such texts by nature: scanners, SQL consoles under another name. */
  ignoreTools: z.array(z.string()).default([]),
  /** Ids of rules that are left out. */
  ignore: z.array(z.string()).default([]),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'injected-parameter',
  version: 1,
  title: 'Injection in a parameter',
  description:
    'A value that breaks out of the place it was meant for: a path that climbs out of its folder, an address that only the host itself should ask, SQL, a command, a template or an entity where a name ' +
    'or a number belongs. Judged on single values; texts (bodies, contents, messages), queries and commands are what they are and left out.',
  severity: 'high',
  params: Params,
  needs: ['arguments'],
  blindSpots: [
    'Telemetry without arguments.',
    'Tools whose every argument is code, a query or a command: `unexpected-command` judges the commands among them.',
    'Whether the server let it through: see `outcome`.',
    'Values behind the first 64 of a call, and behind 4,096 characters of each.',
  ],
  benign: ['Tests of a service\'s own defences.', 'Relative paths between neighbouring folders: less than four levels, and nowhere that matters, is not told.',
    'Documentation about injection, where it is the value of a parameter that is no text.'],
  runbook: [
    'Read the call and what came back: `outcome`, `result_bytes`. An error is an attempt, a result is a breach.',
    'Where did the value come from: `argument_sources` of the interaction. From a tool\'s result: look at that result first.',
    'Fix the server: it has to resolve, compare and escape what it is given.',
  ],
  maps: { owaspMcp2025: ['MCP05'], atlas5: ['AML.T0049', 'AML.T0053'], attack19: ['T1190', 'T1083', 'T1552.005', 'T1059'] },
}
