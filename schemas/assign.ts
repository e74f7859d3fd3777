/**
 * Shares partitions out evenly (counts differ by one at most) and moves as few as possible. `current[p]` is who has partition p; the
 * answer is who is to have it, undefined where there are no members.
 */
export function assign<M>(current: readonly (M | undefined)[], members: readonly M[]): (M | undefined)[] {
  const counts = new Map(members.map((member) => [member, 0]))
  if (members.length === 0) return current.map(() => undefined)
  const least = Math.floor(current.length / members.length)
  let extra = current.length % members.length
  const kept = current.map((member): M | undefined => {
    const count = member === undefined ? undefined : counts.get(member)
    if (member === undefined || count === undefined || count > least || (count === least && extra === 0)) return undefined
    if (count === least) extra--
    counts.set(member, count + 1)
    return member
  })
  return kept.map((member) => {
    if (member !== undefined) return member
    const next = members.reduce((a, b) => (counts.get(b)! < counts.get(a)! ? b : a))
    counts.set(next, counts.get(next)! + 1)
    return next
  })
}
