/** Patterns put together from parts, so that a long list stays readable and each part can be seen to be linear. */

/** Matches where one of the parts does; the flags are those of the first. */
export function anyOf(...parts: readonly RegExp[]): RegExp {
  return new RegExp(parts.map((part) => part.source).join('|'), parts[0]?.flags ?? '')
}

/** `before(?:word|word…)after`; `words` are separated by spaces and may hold pattern syntax. */
export function oneOf(words: string, before = '', after = ''): RegExp {
  return new RegExp(`${before}(?:${words.split(' ').join('|')})${after}`)
}
