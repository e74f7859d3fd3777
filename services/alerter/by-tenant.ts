/** Records by their tenant, in order. */
export function byTenant<T>(records: Iterable<T>, tenantOf: (record: T) => string): ReadonlyMap<string, readonly T[]> {
  const all = new Map<string, T[]>()
  for (const record of records) {
    const tenant = tenantOf(record)
    const those = all.get(tenant)
    if (those === undefined) all.set(tenant, [record])
    else those.push(record)
  }
  return all
}
