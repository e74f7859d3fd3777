import type { Clock } from '../../schemas/ports.ts'

export const systemClock: Clock = {
  // Milliseconds are what the machine's clock is good for; the monotonic part only keeps two calls apart.
  now: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000)) * 1_000n,
}
