/** A recipient of the name that the user gave, at another domain: whoever forges mail writes so that the address has changed. Linear; texts are cut. */
import type { Interaction } from '../../schemas/interaction.ts'

const MAIL = /[\w.+-]{3,64}@[\w.-]{3,253}/g
const LOOKED_AT = 16_384
const MOST = 32
/** Boxes that everybody has. */
const ROLES: ReadonlySet<string> = new Set(['info', 'support', 'sales', 'office', 'admin', 'contact', 'hello', 'team', 'help', 'mail', 'billing', 'noreply', 'no-reply', 'security', 'service', 'jobs', 'press', 'marketing', 'finance', 'legal'])

interface Mailbox {
  readonly name: string
  readonly domain: string
}

const mailboxesIn = (text: string): readonly Mailbox[] => (text.slice(0, LOOKED_AT).match(MAIL) ?? []).slice(0, MOST).map((address) => {
  const at = address.lastIndexOf('@')
  return { name: address.slice(0, at).toLowerCase(), domain: address.slice(at + 1).toLowerCase().replace(/\.+$/, '') }
})

/** `mail.acme.com` is `acme.com`'s. */
const isWithin = (one: string, other: string): boolean => one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`)

/** The domains of the two addresses, where the call has the one and not the other. */
export interface OtherRecipient {
  readonly asked: string
  readonly used: string
}

/** Undefined where the call has an address that the user gave, or none that looks like one of these. */
export function otherRecipient({ request_text: words, arguments: args }: Interaction): OtherRecipient | undefined {
  if (!words.includes('@') || !args.includes('@')) return undefined
  const asked = mailboxesIn(words)
  const used = mailboxesIn(args)
  for (const { name, domain } of asked) {
    if (ROLES.has(name) || used.some((one) => one.name === name && isWithin(one.domain, domain))) continue
    const other = used.find((one) => one.name === name && !asked.some((given) => given.name === name && given.domain === one.domain))
    if (other !== undefined) return { asked: domain, used: other.domain }
  }
  return undefined
}
