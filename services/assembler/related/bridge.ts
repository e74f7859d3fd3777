/** Calls of several traces that carry one thing: a tool call id, or what a server gave to carry. */
import type { Interaction } from '../../../schemas/interaction.ts'
import type { Part } from '../../../schemas/relay.ts'
import { Vantage } from '../../../schemas/vocabulary.ts'
import { digestOf } from './digest.ts'
import type { Keeper, Kept } from './keeper.ts'

/** A part, and its last version that was taken: after a crash of the stage before, earlier ones come again. */
interface Held {
  kept: Kept
  taken: number
}

/** What a further view of the call has to fit. */
export interface Outline {
  method: string
  tool: string
  /** One bit a vantage. */
  vantages: number
  startedAt: bigint
  endedAt: bigint
  conversation: string
}

/** When a part is of a call, and what they say together. */
export interface Meeting {
  /** A part that fits several calls is none of them; else the first. */
  readonly certain: boolean
  fits(group: Outline, part: Part, others: readonly Part[]): boolean
  /** Where no call fits: whether it is of this one all the same, if of no other. */
  fitsAfar?(group: Outline, part: Part): boolean
  /** The same in whatever order they come. */
  merge(host: Part, parts: readonly Part[]): Part
}

/** One call: mostly one part. */
interface Group extends Outline {
  /** Interaction whose id it has: the first that came. */
  host: string
  parts: readonly Held[]
  /** Last version told; what it said, '' while there is one part. */
  version: number
  digest: string
}

/** What is held under one key: mostly one call. Lists are made anew, because one that grows from nothing has room for seventeen. */
export interface Bridge {
  touchedAt: bigint
  readonly firstOffset: number
  groups: readonly Group[]
}

export interface BridgeOut {
  readonly meeting: Meeting
  readonly keeper: Keeper
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

const NO_GROUPS: readonly Group[] = []
const NO_PARTS: readonly Held[] = []

export const newBridge = (firstOffset: number): Bridge => ({ touchedAt: 0n, firstOffset, groups: NO_GROUPS })

/** Parts held. */
export function partsIn({ groups }: Bridge): number {
  let sum = 0
  for (const { parts } of groups) sum += parts.length
  return sum
}

const bitsOf = (vantages: readonly Vantage[]): number => {
  let bits = 0
  for (const vantage of vantages) bits |= 1 << Vantage.options.indexOf(vantage)
  return bits
}

/** Writes down how the whole call looks by now. */
function outline(group: Group, { interaction, conversation }: Part): void {
  group.method = interaction.method
  group.tool = interaction.tool
  group.vantages = bitsOf(interaction.vantages)
  group.startedAt = interaction.started_at
  group.endedAt = interaction.ended_at > interaction.started_at ? interaction.ended_at : interaction.started_at
  group.conversation = conversation
}

export const same = (left: string, right: string): boolean => left === '' || right === '' || left === right

/** Seen from different places, with nothing said against it that both are one call. */
const agree = (group: Outline, { vantages, tool, method }: Interaction): boolean =>
  (group.vantages & bitsOf(vantages)) === 0 && same(group.tool, tool) && same(group.method, method)

/** Two views of one call agree, and are seen at about the same time. */
export function fits(group: Outline, { interaction, conversation }: Part): boolean {
  const { started_at: startedAt, ended_at: endedAt, tool_call_id: id } = interaction
  if (!agree(group, interaction)) return false
  if (startedAt > group.endedAt + SKEW_NS || group.startedAt > (endedAt > startedAt ? endedAt : startedAt) + SKEW_NS) return false
  return id.length >= WORLDWIDE_ID || (conversation !== '' && group.conversation === conversation)
}

/** Where a model gives no ids, some agents take the tool's name for one, and so give it again. */
const isGiven = (id: string): boolean => id.length >= WORLDWIDE_ID && /\d/.test(id)

/** No model gives an id twice in one conversation, however long somebody thought about the call before it was let go. */
export const fitsAfar = (group: Outline, { interaction, conversation }: Part): boolean =>
  conversation !== '' && group.conversation === conversation && isGiven(interaction.tool_call_id) && agree(group, interaction)

/** The only one; undefined where there are several. */
const only = <T>(values: readonly T[]): T | undefined => (values.length === 1 ? values[0] : undefined)

const newGroup = (host: string): Group => ({
  host, parts: NO_PARTS, version: 0, digest: '', method: '', tool: '', vantages: 0, startedAt: 0n, endedAt: 0n, conversation: '',
})

function groupFor(bridge: Bridge, part: Part, { keeper, crowded, meeting }: BridgeOut): Group {
  const isFitting = (group: Group): boolean => {
    const others = group.parts.map(({ kept }) => keeper.get(kept)).filter((other) => other !== undefined)
    return others.length === group.parts.length && meeting.fits(group, part, others)
  }
  const near = meeting.certain ? only(bridge.groups.filter(isFitting)) : bridge.groups.find(isFitting)
  const fitting = near ?? only(bridge.groups.filter((group) => meeting.fitsAfar?.(group, part)))
  if (fitting !== undefined) return fitting
  const group = newGroup(part.interaction.interaction_id)
  bridge.groups = bridge.groups.concat(group)
  if (bridge.groups.length > GROUPS_LIMIT) {
    bridge.groups = bridge.groups.slice(1)
    crowded()
  }
  return group
}

/** Takes a version of a part; tells what the call now says. */
export function join(bridge: Bridge, part: Part, out: BridgeOut): void {
  const { interaction } = part
  const { interaction_id: id, merged_into: into } = interaction
  const known = bridge.groups.find(({ parts }) => parts.some(({ kept }) => kept.id === id))
  if (into !== '') return known === undefined ? out.tell(part) : withdraw(bridge, { group: known, part }, out)
  const group = known ?? groupFor(bridge, part, out)
  const held = group.parts.find(({ kept }) => kept.id === id)
  if (held === undefined) group.parts = group.parts.concat({ kept: out.keeper.keep(part), taken: interaction.version })
  else if (held.taken >= interaction.version) return
  else {
    held.kept = out.keeper.keep(part)
    held.taken = interaction.version
  }
  // It was said before it had its tool call id.
  if (id !== group.host && known === undefined && interaction.version > 1) out.tell({ ...part, interaction: { ...interaction, merged_into: group.host } })
  tell(group, part, out)
}

/** The whole call; undefined where its first part cannot be had any more. */
function wholeOf(group: Group, latest: Part, { keeper, meeting }: BridgeOut): Part | undefined {
  if (group.parts.length === 1) return latest
  const id = latest.interaction.interaction_id
  const parts = group.parts.map(({ kept }) => (kept.id === id ? latest : keeper.get(kept))).filter((part) => part !== undefined)
  const host = parts.find(({ interaction }) => interaction.interaction_id === group.host)
  return host === undefined ? undefined : meeting.merge(host, parts)
}

function tell(group: Group, latest: Part, out: BridgeOut): void {
  const { tell: say, leave } = out
  const whole = wholeOf(group, latest, out)
  if (whole === undefined) return
  const digest = group.parts.length === 1 ? '' : digestOf(whole.interaction, whole.rooted)
  const { conversation: before } = group
  outline(group, whole)
  if (digest !== '' && digest === group.digest && whole.conversation === before) return
  group.digest = digest
  group.version = Math.max(whole.interaction.version, group.version + 1)
  if (before !== '' && before !== whole.conversation) {
    leave(whole.interaction, before)
    group.version += MOVE_STEP
  }
  say(group.version === whole.interaction.version ? whole : { ...whole, interaction: { ...whole.interaction, version: group.version } })
}

/** A part proved to belong to another call of its own trace. The calls that were joined with it go on under the next one's id. */
function withdraw(bridge: Bridge, { group, part }: { readonly group: Group; readonly part: Part }, out: BridgeOut): void {
  const { interaction } = part
  const wasHost = interaction.interaction_id === group.host
  group.parts = group.parts.filter(({ kept }) => kept.id !== interaction.interaction_id)
  if (wasHost) out.tell({ ...part, interaction: { ...interaction, version: Math.max(interaction.version, group.version + 1) } })
  const [next] = group.parts
  const rest = next === undefined ? undefined : out.keeper.get(next.kept)
  if (rest === undefined) {
    bridge.groups = bridge.groups.filter((other) => other !== group)
    return
  }
  if (wasHost) {
    group.host = rest.interaction.interaction_id
    group.version = rest.interaction.version
    group.conversation = ''
  }
  tell(group, rest, out)
}
