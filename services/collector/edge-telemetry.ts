import { metrics } from '@opentelemetry/api'
import type { TokenTrouble } from './authenticate.ts'
import type { BudgetTelemetry } from './budget.ts'

export interface EdgeTelemetry extends BudgetTelemetry {
  refusedToken(name: string, trouble: TokenTrouble): void
}

/** What each token sends, is refused, and why. The number of names is bounded: they come from the configuration and the token file. */
export function edgeTelemetry(): EdgeTelemetry {
  const meter = metrics.getMeter('watchkeeper.collector')
  const taken = {
    bytes: meter.createCounter('watchkeeper.collector.token.bytes', { description: 'Bytes of bodies taken, after inflating, by token' }),
    requests: meter.createCounter('watchkeeper.collector.token.requests', { description: 'Requests taken, by token' }),
  }
  const over = meter.createCounter(
    'watchkeeper.collector.token.over_budget', { description: 'Requests refused because the budget was used up, by token' },
  )
  const refused = meter.createCounter(
    'watchkeeper.collector.token.refused', { description: 'Requests with a token that is known but not taken, by token and reason' },
  )
  return {
    taken: (token, what, amount) => taken[what].add(amount, { token }),
    refused: (token, what) => over.add(1, { token, what }),
    refusedToken: (token, reason) => refused.add(1, { token, reason }),
  }
}
