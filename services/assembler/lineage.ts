/** Who asked for a call, whether that fits, and where its argument values came from. */
import { effectOf } from '../../detectors/request-fit/effect.ts'
import { fitOf } from '../../detectors/request-fit/fit.ts'
import type { TokenOf } from '../../detectors/request-fit/said.ts'
import { traced } from '../../detectors/request-fit/sources.ts'
import type { InteractionFields } from '../../schemas/interaction.ts'
import type { RequestedBy } from '../../schemas/vocabulary.ts'
import { before, type Before } from './context.ts'
import { withNames } from './result-names.ts'
import { agentRunsAbove, type Call, type Trace } from './trace.ts'

const REQUEST_TEXT_LIMIT = 2_000

function requestedBy(trace: Trace, call: Call, known: Before | undefined): RequestedBy {
  if (known !== undefined && (known.userTurns.length > 0 || known.withheld)) return agentRunsAbove(trace, call.agentSpan) > 1 ? 'parent_agent' : 'user_turn'
  if (trace.scheduled) return 'scheduled'
  if (agentRunsAbove(trace, call.agentSpan) > 1) return 'parent_agent'
  const saysAll = trace.agentSpoke && call.agentSpan !== '' && known?.complete === true
  return trace.rootArrived && saysAll ? 'none' : 'unknown'
}

function argumentNames(text: string): string[] {
  if (text.charCodeAt(0) !== 123) return []
  try {
    return Object.keys(JSON.parse(text) as object)
  } catch {
    return []
  }
}

interface Told {
  readonly trace: Trace
  readonly call: Call
  /** Of the trace's tenant. */
  readonly tokenOf?: TokenOf | undefined
}

/** Fills the lineage fields of `fields` with what its own trace tells; gives what was known before the call. */
export function fillLineage(fields: InteractionFields, { trace, call, tokenOf }: Told): Before | undefined {
  if (fields.method !== 'tools/call') return undefined
  const { tool, arguments: sent } = fields
  const named = effectOf({ tool, argumentNames: [] })
  // Read only where the tool's own name does not tell: parsing arguments is dear. Not by a getter: each literal with one is of a class of its own
  // (V8), which holds the getter, and by it all of the trace, until the next full collection.
  fields.effect = named === 'unknown' ? effectOf({ tool, argumentNames: argumentNames(sent) }) : named
  const heard = trace.context === undefined ? undefined : before(trace.context, {
    toolCallId: fields.tool_call_id, startedAt: fields.started_at, runsAbove: (span) => agentRunsAbove(trace, span),
  })
  fields.requested_by = requestedBy(trace, call, heard)
  if (heard === undefined) return undefined
  const turns = heard.userTurns
  fields.request_text = (turns.at(-1) ?? '').slice(0, REQUEST_TEXT_LIMIT)
  if (fields.arguments === '' && turns.length === 0) return heard
  const { sources: places, standing } = traced({ arguments: fields.arguments, before: heard, complete: heard.complete, folded: trace.context?.folded, tokenOf })
  const { sources, known } = withNames({ sources: places, known: heard }, trace, fields.tenant)
  fields.argument_sources = sources
  const { fit, reasons } = fitOf({
    turns, tool: fields.tool, effect: fields.effect, arguments: fields.arguments, sources, standing, toolResults: known.toolResults,
    anew: known.anew, olderResults: known.olderResults, earlierCalls: known.calls,
  })
  fields.request_fit = fit
  fields.request_fit_reasons = reasons
  return known
}
