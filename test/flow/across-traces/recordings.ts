/** Recorded OTLP as audit events: decoded and normalised, not redacted. */
import { readdirSync, readFileSync } from 'node:fs'
import type { AuditEventFields } from '../../../schemas/audit-event.ts'
import { createNormaliser } from '../../../services/collector/normalise/normaliser.ts'
import { decodeTracesJson } from '../../../services/collector/otlp/json/traces.ts'
import { DECODE_LIMITS } from '../../../services/collector/otlp/model.ts'
import { decodeTraces } from '../../../services/collector/otlp/protobuf/traces.ts'

const SECOND = 1_000_000_000n
const normaliser = createNormaliser({ mcpPaths: ['/mcp'] })

/** All traces that were recorded of an emitter, a second apart by arrival. */
export function eventsOf(emitter: string): AuditEventFields[] {
  const folder = `test/fixtures/otlp/${emitter}`
  return readdirSync(folder).filter((name) => name.endsWith('_traces.bin')).sort().flatMap((name, index) => {
    const body = readFileSync(`${folder}/${name}`)
    const traces = body[0] === 0x7b ? decodeTracesJson(body, DECODE_LIMITS) : decodeTraces(body, DECODE_LIMITS)
    return [...normaliser.traces(traces, {
      tenant: 'default', transport: 'test', peer: '127.0.0.1', receivedAt: 1_795_225_800n * SECOND + BigInt(index),
    }).events]
  })
}
