import { metrics } from '@opentelemetry/api'
import type { TokenTrouble } from './authenticate.ts'
import type { BudgetTelemetry } from './budget.ts'

export interface EdgeTelemetry extends BudgetTelemetry {
  refusedToken(name: string, trouble: TokenTrouble): void
}

/** What each token sends, is refused, and why. The number of names is bounded: they come from the configuration and the token file. */
export function edgeTelemetry(): EdgeTelemetry {
  const meter = metrics.getMeter('watchkeeper.collector')
  // Counted here and read when somebody asks: this happens several times in every request.
  const sums = { bytes: new Map<string, number>(), requests: new Map<string, number>() }
  const observe = (what: keyof typeof sums, description: string) =>
    meter.createObservableCounter(`watchkeeper.collector.token.${what}`, { description })
      .addCallback((result) => sums[what].forEach((sum, token) => result.observe(sum, { token })))
  observe('bytes', 'Bytes of bodies taken, after inflating, by token')
  observe('requests', 'Requests taken, by token')
  const over = meter.createCounter(
    'watchkeeper.collector.token.over_budget', { description: 'Requests refused because the budget was used up, by token' },
  )
  const refused = meter.createCounter(
    'watchkeeper.collector.token.refused', { description: 'Requests with a token that is known but not taken, by token and reason' },
  )
  return {
    taken: (token, what, amount) => void sums[what].set(token, (sums[what].get(token) ?? 0) + amount),
    refused: (token, what) => over.add(1, { token, what }),
    refusedToken: (token, reason) => refused.add(1, { token, reason }),
  }
}
