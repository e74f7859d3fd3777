/** What the assembler may hold, from the configuration. */
import type { AssemblerLimits } from '../assembler/fold.ts'
import type { Config } from '../config/schema.ts'

/**
 * Limits of one partition. What is configured is for all of them together, so that one process that holds them all stays within its memory however many
 * there are; and a fixed share each, so that a partition makes the same of its records wherever it is. The longest trace fits in any case.
 */
export function assemblerLimits({ assembler }: Pick<Config, 'assembler'>, partitions: number): AssemblerLimits {
  const seconds = (value: number): bigint => BigInt(Math.round(value * 1e9))
  const share = (total: number): number => Math.ceil(total / partitions)
  return {
    quietNs: seconds(assembler.quiet_seconds), lineageNs: seconds(assembler.lineage_minutes * 60),
    spans: Math.max(share(assembler.max_spans), assembler.max_spans_per_trace), spansPerTrace: assembler.max_spans_per_trace,
    spansPerTenant: Math.max(share(assembler.max_spans_per_tenant), assembler.max_spans_per_trace),
    relatedCalls: Math.max(share(assembler.max_related_calls), assembler.max_calls_per_conversation),
    callsPerConversation: assembler.max_calls_per_conversation, conversationCharacters: assembler.max_conversation_characters,
  }
}
