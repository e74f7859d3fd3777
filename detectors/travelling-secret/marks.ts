/** What redaction left in the place of secrets: `[redacted:<kind>:<12 hex digits>]`. Linear, bounded. */
import type { Interaction } from '../../schemas/interaction.ts'
import { valuesIn } from '../request-fit/sources.ts'

export interface Mark {
  readonly kind: string
  readonly token: string
  /** In arguments it was used, in a result it was given. */
  readonly way: 'used' | 'given'
}

const OPEN = '[redacted:'
const FORM = /^([a-z0-9-]{1,40}):([0-9a-f]{12})\]/
const MOST = 64

/** Kinds that are about people. */
const PERSONAL = new Set(['card', 'iban', 'ssn'])
const CONTACT = new Set(['email', 'phone'])
export const isPersonal = ({ kind }: Mark): boolean => PERSONAL.has(kind)

function collect(marks: Map<string, Mark>, text: string, way: Mark['way']): void {
  for (let at = text.indexOf(OPEN); at >= 0 && marks.size < MOST; at = text.indexOf(OPEN, at + 1)) {
    const [, kind = '', token = ''] = FORM.exec(text.slice(at + OPEN.length, at + OPEN.length + 56)) ?? []
    if (token !== '' && !CONTACT.has(kind) && !marks.has(token)) marks.set(token, { kind, token, way })
  }
}

let last: { readonly of: Interaction; readonly marks: readonly Mark[] } | undefined

/** Each secret once, at most 64: those of the arguments first, which are then not said to be given too. Remembered for the interaction asked about last. */
export function marksIn(interaction: Interaction): readonly Mark[] {
  if (last?.of !== interaction) {
    const marks = new Map<string, Mark>()
    collect(marks, interaction.arguments, 'used')
    collect(marks, interaction.result, 'given')
    last = { of: interaction, marks: [...marks.values()] }
  }
  return last.marks
}

const AS_CREDENTIAL = /auth|token|api_?-?key|access_?-?key|pass(?:word|wd|phrase)?$|secret|credential|bearer|cookie|header|dsn|connection|ssh_?key|private_?key|^key$|^pw$/i

/** Kinds that are found only where a program or protocol takes credentials. */
const IN_PLACE = new Set(['bearer', 'basic', 'command-password', 'url-password'])
const OPTION = /(?:\bauthorization|\b(?:api-?)?key|token|secret|pass(?:word|wd)?|cookie|\s-u|--user)\S{0,20}\s{0,2}\S{0,12}$/i
const BEFORE = 48

const stands = (text: string, token: string): boolean => {
  const at = text.indexOf(token)
  return OPTION.test(text.slice(Math.max(0, at - BEFORE), text.lastIndexOf('[', at)))
}

/** Whether the secret is what a parameter or an option of a command is for, and not part of a text. False where it is in both. */
export function isGivenAsCredential({ arguments: args, effect }: Interaction, { kind, token }: Mark): boolean {
  if (effect === 'send') return false
  const leaves = valuesIn(args).filter(({ text }) => text.includes(token))
  return leaves.length > 0 && leaves.every(({ key, path, text }) =>
    AS_CREDENTIAL.test(key) || /\.headers?\./i.test(path) || (effect === 'execute' && (IN_PLACE.has(kind) || stands(text, token))))
}
