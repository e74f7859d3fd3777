import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Callers that are offered the same, so that one that is offered something else stands out. */
  minAlike: z.number().int().min(1).max(31).default(2),
  /** Servers that offer by caller, such as those with plans or languages. */
  variedServers: z.array(z.string()).default([]),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'targeted-definition',
  version: 1,
  title: 'Definition for one caller',
  description:
    'A server goes on to offer one caller another version of a tool, prompt or instruction than others at the same time, an hour and more after the versions parted. MCP 2026-07-28 has lists that no ' +
    'longer differ by connection; a version for one caller alone may be an attack on that caller.',
  severity: 'medium',
  params: Params,
  needs: [],
  blindSpots: [
    'Callers that the telemetry does not tell apart (no agent or client named), and lists told by different emitters: these shorten differently and are not compared.',
    'Lists that are read once: a difference is told when the others were shown theirs again.',
    'Tools that only some are offered at all: permissions do that.',
  ],
  benign: ['Plans, languages and experiments by caller.', 'A new version that is rolled out over days.', 'A caller behind a gateway that rewrites descriptions.'],
  runbook: [
    'Compare the versions (`watchkeeper tools diff`), and see what the odd one tells the model to do.',
    'Ask the server\'s owner whether callers are meant to differ.',
    'See in `interactions` what the caller with the odd version did since.',
  ],
  maps: { owaspMcp2025: ['MCP03'], atlas5: ['AML.T0110'], attack19: ['T1195.002'] },
}
