/** Lists of networks. */
import ipaddr from 'ipaddr.js'

type Parsed = ipaddr.IPv4 | ipaddr.IPv6

/** An IPv4 address in an IPv6 coat is that IPv4 address; undefined where the text is none. */
function addressOf(text: string): Parsed | undefined {
  const bare = text.includes('%') ? text.slice(0, text.indexOf('%')) : text
  if (!ipaddr.isValid(bare) || (!bare.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(bare))) return undefined
  return ipaddr.process(bare)
}

function rangeOf(text: string): readonly [Parsed, number] {
  if (text.includes('/')) return ipaddr.parseCIDR(text)
  const one = ipaddr.parse(text)
  return [one, one.kind() === 'ipv4' ? 32 : 128]
}

const holds = ([network, bits]: readonly [Parsed, number], address: Parsed): boolean =>
  network instanceof ipaddr.IPv4 ? address instanceof ipaddr.IPv4 && address.match(network, bits) : address instanceof ipaddr.IPv6 && address.match(network, bits)

/** Whether an address lies in one of them; undefined where the text is no address. */
export function networksOf(texts: readonly string[]): (address: string) => boolean | undefined {
  const ranges = texts.map(rangeOf)
  return (text) => {
    const address = addressOf(text)
    return address === undefined ? undefined : ranges.some((range) => holds(range, address))
  }
}
