/** Lists of names in which `*` stands for any characters. Linear: no regular expressions, whatever a policy or an attacker writes. */

export interface Names {
  has(text: string): boolean
}

/** Whether the parts between the stars come one behind the other. */
function fits(parts: readonly string[], text: string): boolean {
  const first = parts[0] as string
  const last = parts[parts.length - 1] as string
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  const end = text.length - last.length
  for (let i = 1; i < parts.length - 1; i++) {
    const part = parts[i] as string
    const found = text.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}

const MOST_FOLDED = 10_000
const LONGEST_KEPT = 256
const folded = new Map<string, string>()

/** Names come again and again: folding them once saves work, and never changes an answer. */
function fold(text: string): string {
  const known = folded.get(text)
  if (known !== undefined) return known
  const made = text.normalize('NFKC').toLowerCase()
  if (text.length > LONGEST_KEPT) return made
  if (folded.size >= MOST_FOLDED) folded.clear()
  folded.set(text, made)
  return made
}

/** `folds`: upper and lower case, and the several forms of one letter, are the same. */
export function namesOf(patterns: readonly string[], folds: boolean): Names {
  const same = folds ? fold : (text: string): string => text
  const exact = new Set<string>()
  const globs: (readonly string[])[] = []
  for (const pattern of patterns) {
    if (pattern.includes('*')) globs.push(same(pattern).split('*'))
    else exact.add(same(pattern))
  }
  return {
    has(text) {
      const name = same(text)
      return exact.has(name) || (globs.length > 0 && globs.some((parts) => fits(parts, name)))
    },
  }
}
