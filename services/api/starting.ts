/** What the API answers before the process has started: that it lives, and what it waits for. */
import type { HttpHandler } from '../../schemas/http.ts'
import { json, metricsAnswer } from './responses.ts'

export interface StartingPorts {
  /** '' where it waits for nobody. */
  waitsFor(): string
  /** Undefined: not before tokens can be checked. */
  readonly metrics: (() => Promise<string>) | undefined
}

const AGAIN = { 'retry-after': '1' }

export function startingApi({ waitsFor, metrics }: StartingPorts): HttpHandler {
  return async function starting({ method, path }) {
    if (method === 'GET' && path === '/healthz') return json(200, { alive: true })
    if (method === 'GET' && path === '/metrics' && metrics !== undefined) return metricsAnswer(await metrics())
    if (method === 'GET' && path === '/readyz') {
      const missing = [{ part: 'start', missing: waitsFor() || 'not started' }]
      return json(503, { ready: false, missing }, AGAIN)
    }
    return json(503, { error: 'the process is starting' }, AGAIN)
  }
}
