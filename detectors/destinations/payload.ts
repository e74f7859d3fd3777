/** Whether a call carries something away, and whether it is packed. Linear, and only looked at where the destination is new. */
import type { Interaction } from '../../schemas/interaction.ts'

/** Programs and options by which a command sends; without them it fetches. */
const SENDS = new RegExp([
  String.raw`\bcurl\b[^|;&\n]{0,400}\s(?:-d|--data\S{0,12}|-F|--form\S{0,8}|-T|--upload-file|-X\s?(?:POST|PUT)|--request\s(?:POST|PUT)|--json)\b`,
  String.raw`\bwget\b[^|;&\n]{0,400}--(?:post|body)-(?:data|file)`, String.raw`\b(?:scp|rsync|sftp|ftp|nc|ncat|socat|rclone|telnet)\s`, String.raw`\bgit\s(?:\S{1,40}\s){0,4}push\b`,
  String.raw`\b(?:aws|gsutil|gcloud|az|mc)\b[^|;&\n]{0,80}\b(?:cp|sync|mv|rsync|upload)\b`, String.raw`Invoke-(?:WebRequest|RestMethod)[^|;&\n]{0,400}-(?:Body|InFile)`,
  String.raw`\brequests\.(?:post|put)\b`, String.raw`\|\s{0,4}(?:curl|nc|ncat)\b`,
].join('|'), 'i')
const TEXT = 8_192

/** Whether data leaves with the call. */
export function carries({ effect, arguments: args }: Interaction): boolean {
  if (effect === 'execute') return SENDS.test(args.slice(0, TEXT))
  return effect === 'send' || effect === 'write' || effect === 'pay' || effect === 'grant'
}

const LEAST_RUN = 160

/**
 * The longest stretch of the arguments that reads like Base64 or hex of something: no blank in it, letters of both cases with digits, or hex
 * digits alone. Its length, 0 where none is as long as 160.
 */
export function packedIn({ arguments: args }: Interaction): number {
  let longest = 0
  let from = 0
  for (let at = 0; at <= args.length; at++) {
    if (at < args.length && isCoded(args.charCodeAt(at))) continue
    const length = at - from
    if (length >= LEAST_RUN && length > longest && looksCoded(args.slice(from, from + TEXT))) longest = length
    from = at + 1
  }
  return longest
}

/** Letters, digits, + / _ - and %. No =: it ends what is encoded, or stands before it as the end of a parameter's name. */
const isCoded = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 47 && code <= 57) || code === 43 || code === 95 || code === 45 || code === 37

const looksCoded = (run: string): boolean => {
  const text = run.slice(0, LEAST_RUN)
  const slashes = text.split('/').length - 1
  return slashes < LEAST_RUN / 12 && /\d/.test(text) && ((/[a-z]/.test(text) && /[A-Z]/.test(text)) || /^[0-9a-f%]+$/i.test(text))
}

const MANY_RECORDS = 20
const RECORDS_TEXT = 65_536

/** Whether the arguments hold a list of many records: objects one behind the other, or mail addresses beyond what a mail is sent to. */
export function isListOfRecords({ arguments: args }: Interaction): boolean {
  let objects = 0
  let addresses = 0
  const end = Math.min(args.length, RECORDS_TEXT)
  for (let at = 0; at < end; at++) {
    const code = args.charCodeAt(at)
    if (code === 64) addresses++
    else if (code === 125 && args.charCodeAt(at + 1) === 44) objects++
    else continue
    if (objects >= MANY_RECORDS || addresses >= MANY_RECORDS) return true
  }
  return false
}
