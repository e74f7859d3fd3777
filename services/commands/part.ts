import type { Part } from '../wiring/parts.ts'
import type { CommonOptions } from './common.ts'

/** What each part does, in the order of the flow. */
export const DOES: Readonly<Record<Part, string>> = {
  collector: 'take OTLP, redact it, and write it to the bus',
  assembler: 'join what was observed to interactions',
  worker: 'run the detectors on observations and interactions',
  archiver: 'write everything on the bus to ClickHouse',
  alerter: 'group findings to alerts and send them',
  scheduler: 'run jobs at their times; one such process is enough',
  notary: 'sign what was logged and put that outside; one such process is enough',
}

/** `watchkeeper collector|assembler|worker|archiver|alerter|scheduler|notary`: one part as a process, beside others on the same Kafka. */
export async function runPart(part: Part, options: CommonOptions): Promise<number> {
  // All parts with all that they are made of: the other commands start in a third of the time without.
  const { runProcess } = await import('./process.ts')
  return await runProcess({ service: part, does: DOES[part], parts: new Set([part]), endsWithPart: true }, options)
}
