/**
 * Where addresses are: a plan of networks of providers, offices, clouds. They are taken from blocks that nobody routes on the Internet, so that no
 * address of the simulation is anybody's; who evaluates it looks places up here.
 */
import type { Dice } from './dice.ts'

export interface Network {
  /** First two numbers of the addresses in it: a /16. */
  readonly prefix: string
  readonly country: string
  readonly asn: number
  readonly organisation: string
  readonly hosting: boolean
}

const BLOCKS = [11, 22, 26, 28, 29, 30, 33, 55]
const COUNTRIES = ['DE', 'US', 'IN', 'GB', 'SG', 'BR', 'FR', 'NL', 'PL', 'ES', 'IT', 'CA', 'JP', 'AU', 'MX', 'ZA', 'RO', 'VN', 'TR', 'UA', 'ID', 'SE', 'CH', 'AR', 'NG', 'KR']
const CLOUDS = ['Nimbus Cloud', 'Harbor Compute', 'Lowland Servers', 'Quick VPS'] as const

export class Places {
  readonly networks: readonly Network[]
  readonly #byPrefix: ReadonlyMap<string, Network>

  constructor() {
    const networks: Network[] = []
    const add = (country: string, organisation: string, hosting = false): void => {
      const index = networks.length
      networks.push({ prefix: `${BLOCKS[Math.floor(index / 250)]}.${index % 250}`, country, organisation, hosting, asn: 4_200_000_000 + index })
    }
    for (const country of COUNTRIES) {
      for (const name of ['Telecom', 'Cable', 'Fibre', 'Mobile']) add(country, `${country} ${name}`)
      for (const cloud of CLOUDS) add(country, cloud, true)
      add(country, `${country} Business Lines`)
    }
    this.networks = networks
    this.#byPrefix = new Map(networks.map((network) => [network.prefix, network]))
  }

  /** Of an IPv4 address; undefined for one that is not of the plan. */
  of(address: string): Network | undefined {
    return this.#byPrefix.get(address.split('.', 2).join('.'))
  }

  #of(country: string, test: (network: Network) => boolean): readonly Network[] {
    return this.networks.filter((network) => network.country === country && test(network))
  }

  home(dice: Dice, country: string): string {
    return inside(dice, dice.pick(this.#of(country, ({ hosting, organisation }) => !hosting && /Telecom|Cable|Fibre/.test(organisation))))
  }

  /** A carrier's addresses are few and shared by all its customers. */
  mobile(dice: Dice, country: string): string {
    const carrier = this.#of(country, ({ organisation }) => organisation.endsWith('Mobile'))[0] as Network
    return `${carrier.prefix}.0.${dice.int(1, 6)}`
  }

  office(country: string, number = 1): string {
    const lines = this.#of(country, ({ organisation }) => organisation.endsWith('Business Lines'))[0] as Network
    return `${lines.prefix}.10.${number}`
  }

  cloud(dice: Dice, country: string): string {
    return inside(dice, dice.pick(this.#of(country, ({ hosting }) => hosting)))
  }

  elsewhere(dice: Dice, except: readonly string[]): string {
    return dice.pick(COUNTRIES.filter((country) => !except.includes(country)))
  }
}

const inside = (dice: Dice, { prefix }: Network): string => `${prefix}.${dice.int(1, 250)}.${dice.int(1, 250)}`
