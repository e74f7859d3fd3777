/** What the holders of tokens of one tenant tell each other. Plain JSON, bounded. Days since 1970 UTC. */
import type { Params } from './rule.ts'

export interface Peers {
  /** Principals (and tokens of nobody known) so far, and those of them whose tokens had several holders at a time. */
  members: number
  shared: number
  /** Networks, and by how many they are used. */
  readonly networks: number[]
  readonly users: number[]
  /** Programs that were told of late, how often, and the day of the latest. */
  readonly told: [software: number, times: number, day: number][]
}

export const noPeers = (): Peers => ({ members: 0, shared: 0, networks: [], users: [], told: [] })

/** Lesson: value · 4 + what; of a told program the value is program · 2^17 + day + 1. Below 2^50. */
const TOLD = 0
const ONE_HOLDER = 1
const SEVERAL_HOLDERS = 2
const NETWORK = 3
const DAYS = 2 ** 17
const MOST_TOLD = 64

export const memberLesson = (several: boolean): number => (several ? SEVERAL_HOLDERS : ONE_HOLDER)
export const networkLesson = (network: number): number => network * 4 + NETWORK
export const toldLesson = (software: number, day: number): number => (software * DAYS + day + 1) * 4 + TOLD

export function hear(peers: Peers, lesson: number, params: Params): void {
  const what = lesson % 4
  const value = Math.floor(lesson / 4)
  if (what === NETWORK) hearNetwork(peers, value, params)
  else if (what === TOLD) hearTold(peers, Math.floor(value / DAYS), (value % DAYS) - 1, params)
  else {
    peers.members++
    if (what === SEVERAL_HOLDERS) peers.shared++
  }
}

function hearNetwork({ networks, users }: Peers, network: number, { maxNetworks }: Params): void {
  const at = networks.indexOf(network)
  if (at >= 0) {
    users[at] = (users[at] as number) + 1
    return
  }
  networks.push(network)
  users.push(1)
  if (networks.length <= maxNetworks) return
  networks.shift()
  users.shift()
}

function hearTold({ told }: Peers, software: number, day: number, { rollOutDays }: Params): void {
  const known = told.find(([one]) => one === software)
  if (known === undefined) {
    told.push([software, 1, day])
    if (told.length > MOST_TOLD) told.shift()
    return
  }
  known[1] = day - known[2] > rollOutDays ? 1 : known[1] + 1
  known[2] = Math.max(known[2], day)
}

/** Whether colleagues work from that network too: a carrier, an office, a VPN. */
export const isCommon = (peers: Peers | undefined, network: number, { commonUsers }: Params): boolean =>
  peers !== undefined && (peers.users[peers.networks.indexOf(network)] ?? 0) >= commonUsers

/** Whether the same program has turned up beside the holders of others: somebody has introduced it. */
export const isRollOut = (peers: Peers | undefined, software: number, day: number, { rollOut, rollOutDays }: Params): boolean =>
  peers?.told.some(([one, times, latest]) => one === software && times >= rollOut && day - latest <= rollOutDays) ?? false
