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

const NFKC = (text: string): string => text.normalize('NFKC').toLowerCase()

/** `folds`: upper and lower case, and the several forms of one letter, are the same. */
export function namesOf(patterns: readonly string[], folds: boolean): Names {
  const fold = folds ? NFKC : (text: string): string => text
  const exact = new Set<string>()
  const globs: (readonly string[])[] = []
  for (const pattern of patterns) {
    if (pattern.includes('*')) globs.push(fold(pattern).split('*'))
    else exact.add(fold(pattern))
  }
  return {
    has(text) {
      const folded = fold(text)
      return exact.has(folded) || globs.some((parts) => fits(parts, folded))
    },
  }
}
