/** Bodies made to hurt, through real sockets: each gets its answer, and the next exporter is served as if nothing had been. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOSTILE, recordedBody } from './hostile-bodies.ts'
import { openOtlp } from './otlp-rig.ts'
import type { OtlpRig } from './otlp-rig.ts'

describe('hostile bodies', () => {
  let rig: OtlpRig
  beforeAll(async () => void (rig = await openOtlp()))
  afterAll(async () => rig.stop())

  it.each(HOSTILE)('$what', async ({ path, headers, body, status }) => {
    const answer = await fetch(`${rig.http}${path}`, { method: 'POST', body: body(), headers })
    const said = Buffer.from(await answer.arrayBuffer())
    expect([answer.status, said.length > 0 && said.length < 4200]).toEqual([status, true])
    const before = rig.spans().length
    const next = await fetch(`${rig.http}/v1/traces`, { method: 'POST', body: recordedBody(), headers: { 'content-type': 'application/x-protobuf' } })
    expect([next.status, rig.spans().length > before]).toEqual([200, true])
  })
})
