/** Learns which servers a tenant uses and where they are, and speaks of new ones and of those that moved. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Detector, Draft } from '../detector.ts'
import { secondsOf } from '../stats/moment.ts'
import { maskedDraft, moveDraft, newDraft, twinDraft } from './draft.ts'
import { isMasked, likenessOf, type Likeness } from './likeness.ts'
import { type Params, rule } from './rule.ts'
import { hear, spell, type Unfinished } from './spelling.ts'
import { type Target, targetOf } from './target.ts'

/** A host with its port, days on which it was seen, the latest of them, and whether it was told and is not accepted yet. */
type Host = [place: string, days: number, lastDay: number, told: boolean]

/** State of a server; of the tenant's only `names` and `unfinished` are used. */
export interface Server {
  calls: number
  days: number
  lastDay: number
  hosts: Host[]
  /** Looked like another when it was new. */
  told: boolean
  taught: boolean
  /** Parts of its name that are not told yet, and the one of this step. */
  lessons: number[]
  lesson: number
  /** Known servers. */
  names: string[]
  unfinished: Unfinished[]
}

const DAY = 86_400
const NONE: readonly never[] = []
const TENANT = 'servers'
const ORDER: readonly Likeness[] = ['disguised', 'near', 'respelled']

/** Numbers of instances are no names. Names are few and come with every call. */
const INSTANCE = /\d+$|(?<=[-_.:@])(?:\d+|(?=[0-9a-f]*\d)[0-9a-f]{6,64})(?=$|[-_.:@])/g
const REMEMBERED = 2_048
const LONGEST = 200
const remembered = new Map<string, string>()

function keyOf({ server, target }: Interaction): string {
  if (server === '') return target === '' ? '' : `at:${targetOf(target)?.host ?? ''}`
  const known = remembered.get(server)
  if (known !== undefined) return known
  const key = `server:${server.slice(0, LONGEST).toLowerCase().replaceAll(INSTANCE, '#')}`
  if (remembered.size >= REMEMBERED) remembered.clear()
  if (server.length <= LONGEST) remembered.set(server, key)
  return key
}

const nameOf = ({ server, target }: Interaction): string => (server || (targetOf(target)?.host ?? '')).slice(0, LONGEST)

function judgeName(state: Server, name: string, known: readonly string[], params: Params): readonly Draft[] {
  if (params.trustedServers.includes(name)) return NONE
  for (const likeness of ORDER) {
    const twin = known.find((one) => likenessOf(name, one) === likeness)
    if (twin === undefined) continue
    state.told = likeness !== 'respelled'
    return [twinDraft(name, { name: twin, likeness }, known.length)]
  }
  if (isMasked(name)) return [maskedDraft(name)]
  return known.length < params.minKnown || known.includes(name.toLowerCase()) ? NONE : [newDraft(name, known.length)]
}

function judgeHost(state: Server, server: string, to: Target, params: Params): readonly Draft[] {
  const before = state.hosts.filter(([, , , told]) => !told).map(([place]) => place)
  if (before.length === 0 || before.length >= params.maxHosts || state.days < params.knownDays || state.calls < params.minCalls) return NONE
  const places = before.map(targetOf)
  const wasPublic = places.some((place) => place?.isPublic)
  if (!to.isPublic && !wasPublic && to.host === to.place) return NONE
  const isExposed = to.isPublic && !wasPublic
  const isNear = !isExposed && (!to.isPublic || places.some((place) => place?.site === to.site))
  return [moveDraft({ server, to: to.place, before, isExposed, isNear, days: state.days })]
}

/** Those that were told go first, so that made-up ones cannot push out what is known. */
function dropOne(hosts: Host[]): void {
  const told = hosts.findIndex(([, , , isTold]) => isTold)
  hosts.splice(Math.max(told, 0), 1)
}

function visit(state: Server, interaction: Interaction, day: number, params: Params): readonly Draft[] {
  const to = interaction.target === '' ? undefined : targetOf(interaction.target)
  if (to === undefined) return NONE
  const { place } = to
  const known = state.hosts.find(([one]) => one === place)
  if (known === undefined) {
    const drafts = judgeHost(state, nameOf(interaction), to, params)
    state.hosts.push([place, 1, day, drafts.length > 0])
    if (state.hosts.length > params.maxHosts) dropOne(state.hosts)
    return drafts
  }
  if (day > known[2]) {
    known[2] = day
    known[1]++
    if (known[1] >= params.acceptDays) known[3] = false
  }
  return NONE
}

/** Once it has been there for some days its name is what others are measured by; that of a look-alike after more of them. */
function teach(state: Server, name: string, { knownDays, minCalls, acceptDays }: Params): void {
  if (state.taught || state.calls < minCalls || state.days < (state.told ? knownDays + acceptDays : knownDays)) return
  state.taught = true
  state.lessons = spell(name)
}

export const newServer: Detector<Params, Server> = {
  rule,
  keysOf(interaction) {
    const key = keyOf(interaction)
    return key === '' ? NONE : [key]
  },
  lore: () => TENANT,
  lesson: ({ lesson }) => lesson,
  learn(tenant, lesson, { maxNames }) {
    const name = hear(tenant.unfinished, lesson)
    if (name === '' || tenant.names.includes(name)) return
    tenant.names.push(name)
    if (tenant.names.length > maxNames) tenant.names.shift()
  },
  begin: () => ({ calls: 0, days: 0, lastDay: -1, hosts: [], told: false, taught: false, lessons: [], lesson: 0, names: [], unfinished: [] }),
  step(state, interaction, key, params, tools) {
    const day = Math.floor(secondsOf(interaction) / DAY)
    const isFirst = state.calls++ === 0
    state.lesson = state.lessons.shift() ?? 0
    const known = isFirst ? ((tools.stateOf?.(TENANT) as Server | undefined)?.names ?? NONE) : NONE
    const drafts = isFirst ? judgeName(state, nameOf(interaction), known, params) : NONE
    if (day > state.lastDay) {
      state.days++
      state.lastDay = day
      if (key.startsWith('server:')) teach(state, nameOf(interaction), params)
    }
    const moved = visit(state, interaction, day, params)
    return moved.length === 0 ? drafts : [...drafts, ...moved]
  },
  forget: ({ calls, lastDay }, watermark, { keepDays }) => calls > 0 && (lastDay + keepDays) * DAY < Number(watermark) / 1e9,
}
