const PLAIN = /^[\w.+/:@# -]+$/
const LONGEST = 80

/** A name of a tool, server or place as a finding may show it: short, and without characters that no name has. */
export const plainName = (name: string): string => (name === '' ? 'one without a name' : name.length <= LONGEST && PLAIN.test(name) ? name : 'one with an odd name')
