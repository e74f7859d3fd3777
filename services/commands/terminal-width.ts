/** A terminal that says nothing sensible of itself still has room for a few columns. */
const LEAST = 60
/** Where nobody looks at it but a file or a program: nothing that matters is cut. */
const ELSEWHERE = 240

/** Characters in a line of what is printed. */
export const terminalWidth = (): number => Math.max(LEAST, process.stdout.isTTY ? process.stdout.columns : Number(process.env['COLUMNS']) || ELSEWHERE)
