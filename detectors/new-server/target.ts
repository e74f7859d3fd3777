/** Where a server is reached, as telemetry tells it: a URL, or a host with or without a port. Linear. */
import { hostFacts } from '../destinations/host-facts.ts'

export interface Target {
  /** As it is shown: the host in lower case with its port; of one's own machine and of addresses of one's own network only which of the two, as these come and go. */
  readonly place: string
  readonly host: string
  /** Registrable domain; the host itself where it has none. */
  readonly site: string
  /** Reached by a name or address on the internet. */
  readonly isPublic: boolean
}

const LONGEST = 300
const FORM = /^(?:[a-z][a-z0-9+.-]{0,20}:\/\/)?(?:[^/?#@]*@)?(\[[0-9a-f:.]{2,45}\]|[^/?#:@\s]{1,253})(?::(\d{1,5}))?(?:[/?#]|$)/
const OWN_MACHINE = /^(?:localhost|127\.[\d.]{1,12}|::1|0\.0\.0\.0|::)$/
const ADDRESS = /^[\d.]{7,15}$|:/

/** Targets are few and come with every call; bounded, so that made-up ones only cost what they did before. */
const REMEMBERED = 2_048
const remembered = new Map<string, Target | undefined>()

/** Undefined where the text tells no host. */
export function targetOf(text: string): Target | undefined {
  if (text === '') return undefined
  const known = remembered.get(text)
  if (known !== undefined || remembered.has(text)) return known
  const target = read(text.slice(0, LONGEST).toLowerCase())
  if (remembered.size >= REMEMBERED) remembered.clear()
  if (text.length <= LONGEST) remembered.set(text, target)
  return target
}

function read(text: string): Target | undefined {
  const [, name = '', port = ''] = FORM.exec(text) ?? []
  const facts = hostFacts(name)
  if (facts === undefined) return undefined
  const { host, domain, internal } = facts
  const own = OWN_MACHINE.test(host) ? 'this machine' : internal && ADDRESS.test(host) ? 'the own network' : ''
  if (own !== '') return { place: own, host: own, site: own, isPublic: false }
  return { place: `${host.slice(0, 100)}${port === '' ? '' : `:${port}`}`, host, site: domain, isPublic: !internal && (host.includes('.') || host.includes(':')) }
}
