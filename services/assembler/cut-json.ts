/** JSON texts of which only the beginning is there: long attributes are cut. Linear in the text. */

interface Read {
  /** Undefined where nothing of it can be read. */
  readonly value: unknown
  /** Something is missing. */
  readonly cut: boolean
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Brackets that are open, and behind what in the text it could end: since then none was opened or closed. */
class Walk {
  readonly text: string
  readonly open: string[] = []
  at = 0
  ended = 0
  /** A string that begins here is a key. */
  key = false

  constructor(text: string) {
    this.text = text
  }

  end(): void {
    this.ended = this.at
  }

  /** Behind the string that begins here; false where it does not end. */
  skipString(): boolean {
    for (this.at++; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at)
      if (code === 92) this.at++
      else if (code === 34) {
        this.at++
        return true
      }
    }
    return false
  }
}

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']' }
const closed = (open: readonly string[]): string => open.map((bracket) => CLOSING[bracket]).reverse().join('')
/** An escape that was cut in two. */
const HALF_ESCAPE = /(?:^|[^\\])(?:\\\\)*(\\(?:u[0-9a-fA-F]{0,3})?)$/

/** The text without what the cut left of an escape. */
function wholeString(text: string): string {
  const half = HALF_ESCAPE.exec(text.slice(-64))?.[1] ?? ''
  return text.slice(0, text.length - half.length)
}

/** The text, ended where it was cut: a text value there keeps its beginning, anything else goes. */
function mended(text: string): string {
  const walk = new Walk(text)
  while (walk.at < text.length) {
    const char = text[walk.at] as string
    if (char === '"') {
      const isKey = walk.key
      if (!walk.skipString()) return isKey ? text.slice(0, walk.ended) + closed(walk.open) : `${wholeString(text)}"${closed(walk.open)}`
      if (!isKey) walk.end()
      continue
    }
    walk.at++
    if (char === '{' || char === '[') {
      walk.open.push(char)
      walk.end()
    } else if (char === '}' || char === ']') {
      walk.open.pop()
      walk.end()
    }
    if (char === '{' || char === ',') walk.key = walk.open.at(-1) === '{'
    else if (char === ':' || char === '[') walk.key = false
  }
  return text.slice(0, walk.ended) + closed(walk.open)
}

/** The value of a JSON text, or what its beginning tells where that was cut. */
export function readCut(text: string): Read {
  const whole = parse(text)
  if (whole !== undefined) return { value: whole, cut: false }
  const head = text.charCodeAt(0)
  return { value: head === 91 || head === 123 ? parse(mended(text)) : undefined, cut: true }
}
