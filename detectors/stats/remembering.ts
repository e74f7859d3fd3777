/**
 * Remembers what a pure function says of names such as those of tools: they are few and come often. Bounded, so that made-up names only cost what
 * they would without it.
 */
export function remembering<T>(of: (name: string) => T, most = 4096): (name: string) => T {
  const known = new Map<string, T>()
  return (name) => {
    const said = known.get(name)
    if (said !== undefined) return said
    const fresh = of(name)
    if (known.size >= most) known.clear()
    if (name.length <= LONGEST_NAME) known.set(name, fresh)
    return fresh
  }
}

const LONGEST_NAME = 200
