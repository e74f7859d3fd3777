/** How a planted text may be wrapped before it is put somewhere. */

type Wrapping = (text: string) => string

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const escaped = (text: string): string =>
  [...text].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')

export const WRAPPINGS: Readonly<Record<string, Wrapping>> = {
  alone: (text) => text,
  sentence: (text) => `The tool said: ${text} and went on.`,
  json: (text) => JSON.stringify({ note: text, n: 1 }),
  jsonTwice: (text) => JSON.stringify({ outer: JSON.stringify({ list: [{ inner: text }] }) }),
  jsonInText: (text) => `result: ${JSON.stringify({ note: text })} (cut)`,
  jsonEscapes: (text) => `{"note":"${escaped(text)}"}`,
  content: (text) => JSON.stringify({ content: [{ type: 'text', text: `see ${text}` }], isError: false }),
  base64: (text) => `data:text/plain;base64,${base64(`some words, then ${text} and others`)}`,
  base64Json: (text) => base64(JSON.stringify({ note: text })),
  base64Field: (text) => JSON.stringify({ blob: base64(`begin ${text} end`) }),
  utf16: (text) => `powershell -enc ${Buffer.from(`echo ${text} done`, 'utf16le').toString('base64')}`,
  utf16AsBytes: (text) => Buffer.from(`echo ${text} done`, 'utf16le').toString('latin1'),
  percent: (text) => `https://api.example/search?q=${encodeURIComponent(`find ${text} now`)}&page=2`,
  form: (text) => new URLSearchParams({ body: JSON.stringify({ note: text }) }).toString(),
}
export const WRAPPING_NAMES = Object.keys(WRAPPINGS)
