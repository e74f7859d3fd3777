/** What somebody did, before it is told as telemetry: runs of an agent with the calls in them. */
import type { Caller, Server } from './company.ts'

/** How a call ended. `timeout` is one that the client gave up on. */
export type Ending = 'ok' | 'error' | 'denied' | 'unauthenticated' | 'timeout'

export interface Call {
  readonly server: Server
  readonly tool: string
  readonly args: Readonly<Record<string, unknown>>
  readonly result: string
  readonly ending?: Ending
  /** Milliseconds that pass before it, after the end of the one before; some seconds where omitted. */
  readonly after?: number
  /** Another method than `tools/call`: then `tool` is its object, if it has any. */
  readonly method?: 'tools/list' | 'resources/read' | 'prompts/list'
}

export interface Run {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly caller: Caller
  /** What the user said; absent where nobody did. */
  readonly says?: string
  /** What the agent answers at the end. */
  readonly answer?: string
  readonly calls: readonly Call[]
  /** Runs of one conversation have one name. */
  readonly conversation?: string
  /** Id of the attack that it is part of. */
  readonly attack?: string
  /** Milliseconds by which its telemetry is late, beyond the usual. */
  readonly late?: number
}
