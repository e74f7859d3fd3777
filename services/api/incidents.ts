/** Route of incident packs. */
import { z } from 'zod'
import { here, Refusal } from './problem.ts'
import { type Route, route } from './route.ts'

const minutes = z.number().int().min(0).max(43_200)
const Order = z.strictObject({
  alert_id: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits'),
  before_minutes: minutes.default(60).describe('What the actor did so long before the alert\'s first finding'),
  after_minutes: minutes.default(60).describe('and so long behind its last'),
  why: z.string().min(1).max(1_024).describe('The reason, in writing'),
})

export const incidentRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/api/v1/incidents', operation: 'incident.export', scope: 'triage', summary: 'Everything of an alert\'s lineage and actor, with proofs: pieces of files, one JSON object {path, text} a line', body: Order,
    about: ({ body }) => ({
      object: `alert/${body.alert_id}`, details: { why: body.why, before_minutes: String(body.before_minutes), after_minutes: String(body.after_minutes) },
    }),
    answers: { 200: { says: 'Pieces of files, as application/x-ndjson; {end} is the last line, with the number of files' }, 404: { says: 'There is no such alert' } },
    async handle({ body, caller, request }, { incidents }) {
      const { alert_id: alertId, before_minutes: beforeMinutes, after_minutes: afterMinutes } = body
      const pieces = await here(incidents).pack({ alertId, tenant: caller.tenant, beforeMinutes, afterMinutes }, request.signal)
      if (pieces === undefined) throw new Refusal(404, 'there is no alert of this id')
      return { status: 200, headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' }, body: linesOf(pieces) }
    },
  }),
]

async function* linesOf(pieces: AsyncIterable<{ readonly path: string; readonly text: string }>): AsyncGenerator<Buffer> {
  const files = new Set<string>()
  for await (const piece of pieces) {
    files.add(piece.path)
    yield Buffer.from(`${JSON.stringify(piece)}\n`)
  }
  yield Buffer.from(`${JSON.stringify({ end: files.size })}\n`)
}
