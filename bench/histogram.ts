/** Latencies as the server under test itself tells them: Prometheus histograms, as differences of two readings. */
/** Upper bound in ms → observations up to it. */
export type Buckets = ReadonlyMap<number, number>

/** Buckets of one histogram in the text of `/metrics`, all label sets together. What needs a whole interaction comes after its wait, and is not what is asked here. */
export function histogramIn(metrics: string, name: string): Buckets {
  const buckets = new Map<number, number>()
  for (const match of metrics.matchAll(new RegExp(`^${name}_bucket\\{.*?le="([^"]+)".*?\\} (\\d+)`, 'gm'))) {
    if (match[0].includes('from="interaction"')) continue
    const bound = match[1] === '+Inf' ? Number.POSITIVE_INFINITY : Number(match[1])
    buckets.set(bound, (buckets.get(bound) ?? 0) + Number(match[2]))
  }
  return buckets
}

/** Upper bound of the bucket in which this share of the observations between two readings lies. */
export function quantile(before: Buckets, after: Buckets, share: number): number {
  const counts = [...after].sort(([left], [right]) => left - right).map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const)
  const total = counts.at(-1)?.[1] ?? 0
  return counts.find(([, count]) => count >= total * share)?.[0] ?? Number.NaN
}
