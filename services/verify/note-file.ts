/** Checkpoints that were kept elsewhere, in the forms in which they are: notes one behind the other, or lines of JSON that hold one each. */

const SIGNATURE = '— '

/** Notes in `text`, with what looks like one that was cut off or altered: whoever opens it says that it is none. */
export function notesIn(text: string): string[] {
  const notes: string[] = []
  let lines: string[] = []
  const close = (): void => {
    if (lines.length > 0) notes.push(`${lines.join('\n')}\n`)
    lines = []
  }
  for (const line of text.split('\n')) {
    const told = line.startsWith('{') ? noteIn(line) : undefined
    if (told !== undefined) notes.push(told)
    if (told !== undefined || (!line.startsWith(SIGNATURE) && ends(lines.at(-1)))) close()
    if (told === undefined && (line !== '' || lines.length > 0)) lines.push(line)
  }
  close()
  return notes
}

/** Behind a signature or an empty line only signatures belong to the same note: what was cut off before it is a piece of its own. */
const ends = (last: string | undefined): boolean => last === '' || last?.startsWith(SIGNATURE) === true

function noteIn(line: string): string | undefined {
  try {
    const { note } = JSON.parse(line) as { readonly note?: unknown }
    return typeof note === 'string' ? note : undefined
  } catch {
    return undefined
  }
}
