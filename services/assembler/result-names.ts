/** Results by the call that returned them: its tool call id, else its interaction id. Spans that tell no tool call id know them by their own. */
import type { Before } from './context.ts'
import { interactionId } from './interaction-id.ts'
import { callAt, type Trace } from './trace.ts'

const PREFIX = 'tool_result:'

export interface Lineage {
  readonly sources: Map<string, string>
  readonly known: Before
}

function nameOf(id: string, trace: Trace, tenant: string): string {
  const node = trace.nodes.get(id)
  if (node === undefined || node.call === -1) return id
  const call = callAt(trace, node.call)
  const ids = call.observations.map((event) => event.tool_call_id).filter((own) => own !== '').sort()
  return ids[0] ?? interactionId(tenant, call)
}

/** The same with names of calls in place of ids of spans. */
export function withNames({ sources, known }: Lineage, trace: Trace, tenant: string): Lineage {
  const names = new Map<string, string>()
  for (const source of sources.values()) {
    if (!source.startsWith(PREFIX)) continue
    const id = source.slice(PREFIX.length)
    const name = nameOf(id, trace, tenant)
    if (name !== id) names.set(id, name)
  }
  if (names.size === 0) return { sources, known }
  const named = (source: string): string => (source.startsWith(PREFIX) ? PREFIX + (names.get(source.slice(PREFIX.length)) ?? source.slice(PREFIX.length)) : source)
  return {
    sources: new Map([...sources].map(([path, source]) => [path, named(source)])),
    known: { ...known, toolResults: known.toolResults.map(({ id, text }) => ({ id: names.get(id) ?? id, text })) },
  }
}
