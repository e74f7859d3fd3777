/** What a page of a server's own (MCP Apps) must not do: it speaks with its server through the client, and has nobody else to speak to. Pure, linear. */

const ELSEWHERE = String.raw`(?:https?:|wss?:)?//`
const FORM = new RegExp(String.raw`<form\b[^>]{0,400}\baction\s{0,3}=\s{0,3}["']?\s{0,3}${ELSEWHERE}`, 'i')
const SECRET_FIELD = /<input\b[^>]{0,400}\b(?:type\s{0,3}=\s{0,3}["']?password|autocomplete\s{0,3}=\s{0,3}["']?(?:cc-|current-password|one-time-code))/i
const HELD = /\bdocument\s{0,3}\.\s{0,3}cookie|\b(?:local|session)Storage\b|\bnavigator\s{0,3}\.\s{0,3}(?:clipboard|credentials|geolocation)|\b(?:parent|top|opener)\s{0,3}\.\s{0,3}document\b/
const SENDS = new RegExp(String.raw`(?:\bfetch\s{0,3}\(|\bsendBeacon\s{0,3}\(|\.open\s{0,3}\(\s{0,3}["']\w{3,7}["']\s{0,3},|new\s{1,3}(?:WebSocket|EventSource)\s{0,3}\(|\.src\s{0,3}=)\s{0,3}["'${'`'}]${ELSEWHERE}`)

/** What the page does, in words; none where it does nothing of that. */
export function pageReasons(html: string): readonly string[] {
  const reasons: string[] = []
  if (FORM.test(html)) reasons.push(SECRET_FIELD.test(html) ? 'asks for a password or card and sends it elsewhere' : 'sends a form elsewhere')
  if (SENDS.test(html)) reasons.push(HELD.test(html) ? 'reads what the browser holds and sends it elsewhere' : 'speaks with another server by a script')
  return reasons
}
