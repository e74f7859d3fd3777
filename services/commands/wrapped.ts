/** Words broken so that no line is longer than `width`: the first behind `first`, the others behind as many spaces. */
export function wrapped(first: string, text: string, width: number): string[] {
  const lines: string[] = []
  let line = first
  for (const word of text.split(' ')) {
    const begun = line.length > first.length
    if (begun && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ' '.repeat(first.length) + word
    } else line = begun ? `${line} ${word}` : line + word
  }
  return [...lines, line]
}
