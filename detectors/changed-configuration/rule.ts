import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** Days on which an actor changed things of one area before it is expected to. */
  acceptDays: z.number().int().min(2).max(60).default(3),
  /** Actors of a tenant that changed things of one area before that is common, and newcomers are told less loudly. */
  commonActors: z.number().int().min(2).max(10_000).default(20),
  /** Days without a change after which an actor is no longer expected to. */
  keepDays: z.number().int().min(7).max(3650).default(120),
  /** Actors (installers, administrators) that are expected from the beginning. */
  expected: z.array(z.string()).default([]),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'changed-configuration',
  version: 3,
  title: 'Changed configuration',
  description:
    'Who changes what an agent may do, which MCP servers it has, what guards it, what records it, who has access, and whether everybody is let in: by files, by commands and by tools. Who does so is learned for each area; somebody else is ' +
    'told, loudly where permission prompts, guardrails or records are switched off, and where the turn asked for something else.',
  severity: 'medium',
  params: Params,
  needs: ['tool', 'actor', 'arguments'],
  wants: ['effect', 'request_fit', 'requested_by'],
  blindSpots: [
    'Configuration that is changed outside of tool calls: by hand, by an editor, by a deployment.',
    'Telemetry without arguments: then only tools whose names say it are seen.',
    'Files under another name that a link or an include makes configuration.',
    'Notes to an agent (such as AGENTS.md) are edited all day: only orders not to ask or not to tell are judged here; their text is by others, where a tool returns it.',
    'Firewalls, antivirus and logs of the machine, changed by commands: *unexpected-command* tells them.',
  ],
  benign: [
    'Installers and set-up scripts that add a server; an administrator\'s first change of a kind.',
    'Developers who try a server: common in a tenant after twenty of them.',
    'Telemetry that is switched off for one test run: low.',
  ],
  runbook: [
    'Ask the person behind the actor; look for the change request and at the turn it ran under.',
    'Put the configuration back, and see what ran between the change and now without prompts or records.',
    'If unknown: disconnect the server that was added and rotate what it could read.',
  ],
  maps: { owaspMcp2025: ['MCP04', 'MCP09', 'MCP08'], atlas5: ['AML.T0081'], attack19: ['T1546', 'T1685'] },
}
