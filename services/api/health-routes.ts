/** How the product is: lag of readers, the page of `watchkeeper status`, what each source sends. */
import { z } from 'zod'
import { coverageOf } from './coverage.ts'
import { here } from './problem.ts'
import { json } from './responses.ts'
import { type Route, route } from './route.ts'

const whole = z.number().int()
const Lag = z.strictObject({ topic: z.string(), group: z.string(), partition: whole, committed: whole, end: whole })
/** What is in it beyond this is for people. */
const Status = z.looseObject({
  healthy: z.boolean(), problems: z.array(z.string()), at: z.string(), uptime_seconds: z.number(), versions: z.record(z.string(), z.string()),
  lag: z.array(z.strictObject({ topic: z.string(), group: z.string(), lag: whole, partitions: whole })),
})
const Coverage = z.strictObject({
  complete: z.boolean(), at: z.string(), looked_at: z.string(), sources: z.array(z.looseObject({ tenant: z.string(), source: z.string(), emitter: z.string(), silent: z.boolean() })),
})

export const healthRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/api/v1/lag', operation: 'lag.show', scope: 'read', health: true, summary: 'How far each reader of the bus is, in every partition',
    answers: { 200: { says: 'Offsets', schema: z.array(Lag) } },
    handle: async (_call, { lag }) => json(200, await lag()),
  }),
  route({
    method: 'GET', path: '/api/status', operation: 'status.show', scope: 'read', health: true, summary: 'How everything is, and each problem with what to do about it',
    answers: { 200: { says: 'The page of `watchkeeper status`; a token of one tenant sees its own sources and counts', schema: Status } },
    handle: async ({ caller }, { status }) => json(200, await status(caller.tenant)),
  }),
  route({
    method: 'GET', path: '/api/coverage', operation: 'coverage.show', scope: 'read', health: true, summary: 'What each source sends, and which detectors are blind without the rest',
    answers: { 200: { says: 'Sources with something to say first', schema: Coverage } },
    handle: async ({ caller }, { store, clock }) => json(200, await coverageOf(here(store), clock.now(), caller.tenant)),
  }),
]
