import { z } from 'zod'
import type { Rule } from '../detector.ts'

export const Params = z.strictObject({
  /** A repetition counts one and is worth nothing again after so many seconds: what is repeated more slowly never adds up. */
  leakSeconds: z.number().min(1).max(600).default(30),
  /** Repetitions of one call, so counted, at which it is told: of calls that pay, send, grant or delete; */
  graveRepeats: z.number().int().min(3).max(1000).default(12),
  /** of others that change something or fail each time; */
  repeats: z.number().int().min(5).max(10_000).default(25),
  /** and of those that only read. */
  readRepeats: z.number().int().min(10).max(100_000).default(80),
  /** Fewer are enough where each is known to get the same result: a person's agent then wakes somebody. */
  sameRepeats: z.number().int().min(10).max(100_000).default(40),
  /** Reading that goes on until so many times that, with no result that is known, wakes somebody. */
  longFactor: z.number().min(1).max(100).default(1.25),
  /** What asks whether something is done may repeat so many times more. */
  pollFactor: z.number().min(1).max(100).default(8),
  /** An actor that many may share (a client, a host) and no conversation is known: so many times more. */
  sharedFactor: z.number().min(1).max(100).default(4),
  /** Days on which a call was repeated like that, after which it is this actor's habit; how many times its peak is then new. */
  habitDays: z.number().int().min(2).max(30).default(3),
  habitFactor: z.number().min(1).max(20).default(3),
  /** Agents started, counted as repetitions are, or different sub-agents within ten minutes; and how many times the own peak. */
  spawns: z.number().int().min(4).max(1000).default(20),
  agents: z.number().int().min(3).max(31).default(10),
  /** Calls a minute: how many times the own peak, at least so many, and so many where there is no history. */
  paceFactor: z.number().min(1.5).max(100).default(5),
  paceFloor: z.number().int().min(20).max(100_000).default(150),
  paceCold: z.number().int().min(60).max(1_000_000).default(900),
  /** Active days before the own peak counts. */
  minDays: z.number().int().min(1).max(60).default(3),
  /** Days without activity after which an actor is forgotten. */
  keepDays: z.number().int().min(1).max(365).default(30),
})
export type Params = z.infer<typeof Params>

export const rule: Rule<Params> = {
  id: 'runaway-loop',
  version: 3,
  title: 'Runaway loop',
  description:
    'The same call with the same arguments again and again: counted in a bucket that leaks, so that polling and retries that back off never fill it, and halved where reading gets another result. Told early where ' +
    'each repetition pays, sends, grants or deletes, later where it changes something or fails each time, late where it only reads, earlier where that always gets the same result; calls that take turns and fail, or stand still, count together. Beside that, agents that start agents without end, and a pace far above the own.',
  severity: 'medium',
  params: Params,
  needs: ['tool', 'arguments_hash', 'started_at'],
  wants: ['result_hash', 'effect', 'agent', 'requested_by'],
  blindSpots: [
    'Telemetry without arguments or their hash: a repetition cannot be told from another call. Pace and sub-agents are still seen.',
    'A loop whose arguments differ each time, such as a counter in them, is seen by its pace only.',
    'Loops longer than six different calls.',
    'Where only a client or host is known, not a person or conversation: repetitions of many people look like those of one, so four times as many are needed, and reading is not judged.',
    'Tokens and money: interactions do not carry them.',
  ],
  benign: [
    'Polling for something that takes long; retries that do not back off while a service is down.',
    'Load tests, and batch jobs that send the same request on purpose: after three days they are a habit.',
    'A watch that a person leaves open.',
  ],
  runbook: [
    'Look whether the calls go on. If they do, stop the agent run or revoke its token first: each minute may cost.',
    'See the result that it did not take for an answer, and the turn that started the run.',
    'Where calls paid, sent or deleted: list what they did and undo what can be undone.',
  ],
  maps: { owaspMcp2025: ['MCP05', 'MCP08'], atlas5: ['AML.T0034.002'], attack19: ['T1499', 'T1496'] },
}
