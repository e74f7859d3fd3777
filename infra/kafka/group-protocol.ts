/**
 * What members of a group tell each other through the broker. Cooperative, as KIP-429 has it: a member keeps its partitions through a rebalance, and one
 * that is to go to another is left out of the first assignment; its owner lets go of it and joins again, and only then somebody gets it.
 * The leader shares out with the same function as the embedded log.
 */
import { AssignerProtocol } from 'kafkajs'
import { assign } from '../../schemas/assign.ts'

export const PROTOCOL = 'watchkeeper-cooperative'
const VERSION = 1

export interface Claim {
  /** Partitions that the member has, in the generation it got them. */
  readonly owned: readonly number[]
  readonly generation: number
  /** Name in the configuration ('' = none) and a random word of the process. */
  readonly instance: string
  readonly process: string
}

export interface Member {
  readonly memberId: string
  readonly claim: Claim
}

export interface Assigned {
  readonly partitions: readonly number[]
  /** The member shares its instance name with another process, and has to go if that one lives. */
  readonly refused: boolean
}

export const encodeClaim = (topic: string, claim: Claim): Buffer =>
  AssignerProtocol.MemberMetadata.encode({ version: VERSION, topics: [topic], userData: Buffer.from(JSON.stringify(claim)) })

/** A member whose claim cannot be read has none. */
export function decodeClaim(metadata: Buffer): Claim {
  const none = { owned: [], generation: -1, instance: '', process: '' }
  try {
    const read: unknown = JSON.parse(AssignerProtocol.MemberMetadata.decode(metadata)?.userData.toString() ?? '')
    if (typeof read !== 'object' || read === null) return none
    const { owned, generation, instance, process } = read as Record<string, unknown>
    return {
      owned: Array.isArray(owned) ? owned.filter((each): each is number => Number.isInteger(each)) : [],
      generation: typeof generation === 'number' ? generation : -1,
      instance: typeof instance === 'string' ? instance : '',
      process: typeof process === 'string' ? process : '',
    }
  } catch {
    return none
  }
}

export const encodeAssigned = (topic: string, { partitions, refused }: Assigned): Buffer =>
  AssignerProtocol.MemberAssignment.encode({ version: VERSION, assignment: { [topic]: [...partitions] }, userData: Buffer.from(refused ? 'refused' : '') })

export function decodeAssigned(topic: string, bytes: Buffer): Assigned {
  if (bytes.length === 0) return { partitions: [], refused: false }
  const decoded = AssignerProtocol.MemberAssignment.decode(bytes)
  return { partitions: decoded?.assignment[topic] ?? [], refused: decoded?.userData?.toString() === 'refused' }
}

/** The leader's decision, by member. */
export function share(members: readonly Member[], partitions: number): ReadonlyMap<string, Assigned> {
  const refused = new Set(members.filter((member) => hasElder(member, members)).map(({ memberId }) => memberId))
  const serving = members.filter(({ memberId }) => !refused.has(memberId)).map(({ memberId }) => memberId).sort()
  const owners = ownersOf(members, partitions)
  const wanted = assign(owners.map((owner) => (owner !== undefined && serving.includes(owner) ? owner : undefined)), serving)
  const shares = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]))
  wanted.forEach((member, partition) => {
    const owner = owners[partition]
    if (member !== undefined && (owner === undefined || owner === member)) shares.get(member)?.push(partition)
  })
  return new Map([...shares].map(([memberId, mine]) => [memberId, { partitions: mine, refused: refused.has(memberId) }]))
}

/** Of two that claim one partition the later generation is right: the other was away when it lost it. */
function ownersOf(members: readonly Member[], partitions: number): (string | undefined)[] {
  const owners = new Array<Member | undefined>(partitions).fill(undefined)
  for (const member of members) {
    for (const partition of member.claim.owned) {
      if (partition >= 0 && partition < partitions && (owners[partition]?.claim.generation ?? -2) < member.claim.generation) owners[partition] = member
    }
  }
  return owners.map((owner) => owner?.memberId)
}

/** Whether another process of the same instance name was in the group before. A dead one is seldom among the members: the broker waits for those that are in the group. */
function hasElder({ memberId, claim }: Member, members: readonly Member[]): boolean {
  return claim.instance !== '' && members.some((other) => other.claim.instance === claim.instance && other.claim.process !== claim.process &&
    (other.claim.generation > claim.generation || (other.claim.generation === claim.generation && other.memberId < memberId)))
}
