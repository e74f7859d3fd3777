/** What an operator sees of the alerter without the tables: metrics as Prometheus reads them. */
import { afterAll, expect, it } from 'vitest'
import { startMetrics } from '../../infra/otel/metrics.ts'
import { alerterTelemetry, type Standing } from '../../services/alerter/telemetry.ts'

const own = startMetrics()
afterAll(() => own.stop())

it('tells what is open, what waits for whom, who is down, and how attempts end', async () => {
  const standings: Standing[] = [
    { open: 2, dead: 1, waiting: new Map([['hook', 3], ['pager', 0]]), down: new Set(['hook']) },
    { open: 1, dead: 0, waiting: new Map([['hook', 1], ['pager', 0]]), down: new Set() },
  ]
  let asked = 0
  const telemetry = alerterTelemetry(() => {
    asked++
    return standings
  })
  telemetry.attempted('hook', 'retry', 0.2)
  const lines = (await own.render()).split('\n')
  expect(lines).toEqual(expect.arrayContaining([
    expect.stringMatching(/^watchkeeper_alerter_open(?:\{\S*\})? 3/), expect.stringMatching(/^watchkeeper_alerter_dead_letters(?:\{\S*\})? 1/),
    expect.stringMatching(/^watchkeeper_alerter_waiting\{.*receiver="hook".*\} 4/), expect.stringMatching(/^watchkeeper_alerter_waiting\{.*receiver="pager".*\} 0/),
    expect.stringMatching(/^watchkeeper_alerter_receiver_down\{.*receiver="hook".*\} 1/), expect.stringMatching(/^watchkeeper_alerter_receiver_down\{.*receiver="pager".*\} 0/),
    expect.stringMatching(/^watchkeeper_alerter_attempt_bucket\{.*outcome="retry".*le="0.25"\} 1/),
  ]))
  telemetry.close()
  const before = asked
  await own.render()
  expect(before).toBeGreaterThan(0)
  expect(asked).toBe(before)
})
