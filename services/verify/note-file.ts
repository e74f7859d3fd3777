/** Checkpoints that were kept elsewhere, in the forms in which they are: notes one behind the other, or lines of JSON that hold one each. */

const SIGNATURE = '— '

/** Notes in `text`. What is no note is passed over. */
export function notesIn(text: string): string[] {
  const notes: string[] = []
  let lines: string[] = []
  const close = (): void => {
    if (lines.some((line) => line.startsWith(SIGNATURE))) notes.push(`${lines.join('\n')}\n`)
    lines = []
  }
  for (const line of text.split('\n')) {
    const told = line.startsWith('{') ? noteIn(line) : undefined
    if (told !== undefined) notes.push(told)
    if (told !== undefined || (lines.at(-1)?.startsWith(SIGNATURE) === true && !line.startsWith(SIGNATURE))) close()
    if (told === undefined && (line !== '' || lines.length > 0)) lines.push(line)
  }
  close()
  return notes
}

function noteIn(line: string): string | undefined {
  try {
    const { note } = JSON.parse(line) as { readonly note?: unknown }
    return typeof note === 'string' ? note : undefined
  } catch {
    return undefined
  }
}
