/** An agent's run as the labelled sets `agentdojo` and `agentdyn` write it down: see README.md of the data. */
import { z } from 'zod'

const Call = z.object({ name: z.string(), args: z.record(z.string(), z.unknown()), injected: z.boolean().nullable() })
const Said = z.object({ role: z.literal('assistant'), content: z.string().nullable(), tool_calls: z.array(Call).nullish() })
const Returned = z.object({ role: z.literal('tool'), name: z.string(), content: z.string().nullable(), error: z.string().nullable(), has_injection: z.boolean() })
const Tool = z.object({ name: z.string(), description: z.string(), params: z.array(z.string()) })

export const AgentRun = z.object({
  id: z.string(), suite: z.string(), kind: z.enum(['attacked', 'benign', 'goal_as_user_request']), user_delegates: z.boolean(), system_prompt: z.string(),
  user_prompt: z.string(), available_tools: z.array(Tool), steps: z.array(z.discriminatedUnion('role', [Said, Returned])),
  labels: z.object({ unrequested_action: z.boolean().nullable() }),
})
export type AgentRun = z.infer<typeof AgentRun>

/** A call of the run with what came of it. */
export interface RunCall {
  /** The id that the model gave it. */
  readonly id: string
  readonly tool: string
  readonly args: Readonly<Record<string, unknown>>
  /** Null where nobody can say. */
  readonly injected: boolean | null
  /** Turn of the model in which it stands, from 0; calls of one turn see the same results. */
  readonly turn: number
  result: string
  failed: boolean
  /** An injected text stands in the result. */
  poisoned: boolean
}

/** What the model said in one turn. */
export interface ModelTurn {
  readonly text: string
  readonly calls: readonly RunCall[]
}

/** The run by turns of the model. Results come in the order of the calls of the turn before them; a call without one has ''. */
export function turnsOf(run: AgentRun): readonly ModelTurn[] {
  const turns: ModelTurn[] = []
  let waiting: RunCall[] = []
  for (const step of run.steps) {
    if (step.role === 'assistant') {
      const calls = (step.tool_calls ?? []).map((call, index): RunCall => ({
        id: `call_${run.id}${String(turns.length).padStart(3, '0')}${index}`, tool: call.name, args: call.args, injected: call.injected, turn: turns.length,
        result: '', failed: false, poisoned: false,
      }))
      turns.push({ text: step.content ?? '', calls })
      waiting = [...calls]
      continue
    }
    const call = waiting.shift()
    if (call === undefined) continue
    Object.assign(call, { result: step.content ?? '', failed: step.error !== null, poisoned: step.has_injection })
    if (call.result === '' && step.error !== null) call.result = step.error
  }
  return turns
}
