/** Calls of several traces that carry one tool call id. */
import type { Interaction } from '../../../schemas/interaction.ts'
import { decodePart, encodePart, type Part } from '../../../schemas/relay.ts'
import { Vantage } from '../../../schemas/vocabulary.ts'
import { digestOf } from './digest.ts'
import { mergeParts } from './merge-parts.ts'

/** What a further view of the call has to fit. */
interface Outline {
  readonly method: string
  readonly tool: string
  /** One bit a vantage. */
  readonly vantages: number
  readonly startedAt: bigint
  readonly endedAt: bigint
  readonly conversation: string
}

/** One call. */
interface Group {
  /** Interaction whose id it has: the first that came. */
  host: string
  readonly parts: Map<string, Buffer>
  outline: Outline
  version: number
  digest: string
  conversation: string
}

/** What is held under one tool call id: mostly one call, of one part. */
export interface Bridge {
  touchedAt: bigint
  readonly firstOffset: number
  readonly groups: Group[]
}

export interface BridgeOut {
  tell(part: Part): void
  /** The call has left this conversation. */
  leave(interaction: Interaction, conversation: string): void
  crowded(): void
}

const SKEW_NS = 60_000_000_000n
/** An id this short (`call_1`) may be used again by anybody. */
const WORLDWIDE_ID = 8
const GROUPS_LIMIT = 8
/** More than any home adds of its own: the versions of a call that has moved are later than all before. */
export const MOVE_STEP = 1_000

export const newBridge = (firstOffset: number): Bridge => ({ touchedAt: 0n, firstOffset, groups: [] })

/** Parts held. */
export const partsIn = ({ groups }: Bridge): number => groups.reduce((sum, { parts }) => sum + parts.size, 0)

function outlineOf({ interaction, conversation }: Part): Outline {
  const { method, tool, vantages, started_at: startedAt, ended_at: endedAt } = interaction
  const bits = vantages.reduce((sum, vantage) => sum | (1 << Vantage.options.indexOf(vantage)), 0)
  return { method, tool, vantages: bits, startedAt, endedAt: endedAt > startedAt ? endedAt : startedAt, conversation }
}

const same = (left: string, right: string): boolean => left === '' || right === '' || left === right

/** Two views of one call are seen from different places, at about the same time, and say nothing against each other. */
function fits(one: Outline, other: Outline, id: string): boolean {
  if ((one.vantages & other.vantages) !== 0 || !same(one.tool, other.tool) || !same(one.method, other.method)) return false
  if (other.startedAt > one.endedAt + SKEW_NS || one.startedAt > other.endedAt + SKEW_NS) return false
  return id.length >= WORLDWIDE_ID || (one.conversation !== '' && one.conversation === other.conversation)
}

function groupFor(bridge: Bridge, part: Part, out: BridgeOut): Group {
  const outline = outlineOf(part)
  const fitting = bridge.groups.find((group) => fits(group.outline, outline, part.interaction.tool_call_id))
  if (fitting !== undefined) return fitting
  const group: Group = { host: part.interaction.interaction_id, parts: new Map(), outline, version: 0, digest: '', conversation: '' }
  bridge.groups.push(group)
  if (bridge.groups.length > GROUPS_LIMIT) {
    bridge.groups.shift()
    out.crowded()
  }
  return group
}

/** Takes a version of a part; tells what the call now says. */
export function join(bridge: Bridge, part: Part, out: BridgeOut): void {
  const { interaction } = part
  const { interaction_id: id, merged_into: into } = interaction
  const known = bridge.groups.find(({ parts }) => parts.has(id))
  if (into !== '') return known === undefined ? out.tell(part) : withdraw(bridge, { group: known, part }, out)
  const group = known ?? groupFor(bridge, part, out)
  group.parts.set(id, encodePart(part))
  // It was said before it had its tool call id.
  if (id !== group.host && known === undefined && interaction.version > 1) out.tell({ ...part, interaction: { ...interaction, merged_into: group.host } })
  tell(group, part, out)
}

function tell(group: Group, latest: Part, { tell: say, leave }: BridgeOut): void {
  const parts = group.parts.size === 1 ? [latest] : [...group.parts.values()].map(decodePart)
  const host = parts.find(({ interaction }) => interaction.interaction_id === group.host) as Part
  const whole = mergeParts(host, parts)
  group.outline = outlineOf(whole)
  const digest = digestOf(whole.interaction, whole.rooted)
  // What was said before comes again after a crash of the stage before.
  if (digest === group.digest && whole.conversation === group.conversation) return
  group.digest = digest
  group.version = Math.max(whole.interaction.version, group.version + 1)
  if (group.conversation !== '' && group.conversation !== whole.conversation) {
    leave(whole.interaction, group.conversation)
    group.version += MOVE_STEP
  }
  group.conversation = whole.conversation
  say({ ...whole, interaction: { ...whole.interaction, version: group.version } })
}

/** A part proved to belong to another call of its own trace. The calls that were joined with it go on under the next one's id. */
function withdraw(bridge: Bridge, { group, part }: { readonly group: Group; readonly part: Part }, out: BridgeOut): void {
  const { interaction } = part
  group.parts.delete(interaction.interaction_id)
  if (interaction.interaction_id === group.host) {
    out.tell({ ...part, interaction: { ...interaction, version: Math.max(interaction.version, group.version + 1) } })
  }
  const [next] = group.parts.values()
  if (next === undefined) {
    bridge.groups.splice(bridge.groups.indexOf(group), 1)
    return
  }
  const rest = decodePart(next)
  if (interaction.interaction_id === group.host) {
    group.host = rest.interaction.interaction_id
    group.version = rest.interaction.version
    group.conversation = ''
  }
  tell(group, rest, out)
}
