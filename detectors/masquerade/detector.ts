/** Learns what an actor uses and what its peers use, and speaks when a session looks like one of the peers rather than the actor. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Detector, Draft } from '../detector.ts'
import { actorKeys } from '../keys.ts'
import { secondsOf } from '../stats/moment.ts'
import { remembering } from '../stats/remembering.ts'
import { type Action, actionsOf } from './action.ts'
import { draftOf } from './draft.ts'
import { type Elsewhere, goes, isElsewhere, leave, nowhereElse } from './elsewhere.ts'
import { type Habits, noHabits, shorten, use, usesOf } from './habits.ts'
import { hear, lessonOf, nothingTaught, othersOf, type Taught } from './lore.ts'
import { type Params, rule } from './rule.ts'
import { isOver, newSession, type Session, weigh } from './session.ts'

/** State of an actor; of the peers' only `habits` is used. */
export interface Owner {
  habits: Habits
  readonly taught: Taught
  session: Session
  /** Which servers it uses; null of the peers. */
  elsewhere: Elsewhere | null
  /** Days with activity, and the latest of them (days since 1970). */
  days: number
  lastDay: number
  /** Days on which a session was told since the owner's own work was seen last, newest last. */
  toldDays: readonly number[]
  /** Lessons that are not told yet, one an interaction, and the one of this. */
  lessons: readonly number[]
  lesson: number
}

const DAY = 86_400
const NONE: readonly number[] = []
/** A session of so many actions that is not told is the owner's own work. */
const OWN_WORK = 20
/** Kinds of action that are pretended to exist beside those that are known, each used half a time. */
const UNSEEN_KINDS = 100
const UNSEEN_USES = 0.5

/** How much likelier an action is for the others than for the owner, natural logarithm; 0 for what nobody does. */
function saidBy({ habits, taught }: Owner, { id }: Action, peers: Habits, params: Params): number {
  const own = usesOf(habits, id)
  const { uses, total } = othersOf(peers, taught, id)
  if (own === 0 && uses === 0) return 0
  const theirs = (uses + UNSEEN_USES) / (total + UNSEEN_USES * (peers.ids.length + UNSEEN_KINDS))
  return Math.log((theirs * (habits.total + params.prior)) / (own + params.prior * theirs))
}

/** How often a session that is over is learned: a told one not at all, until it came on enough days without own work between; then for all of these. */
function lessonsIn({ session, toldDays }: Owner, params: Params): number {
  if (!session.told) return 1
  return toldDays.length < params.acceptDays ? 0 : params.acceptDays
}

/** Learns a session that is over, unless it was told: then only once it has come on so many days that it is somebody's new task. */
function close(owner: Owner, params: Params): void {
  const { session } = owner
  const day = Math.floor(session.at / DAY)
  if (session.told) owner.toldDays = [...owner.toldDays.filter((told) => told !== day), day].slice(-params.acceptDays)
  else if (session.done.total >= OWN_WORK) owner.toldDays = NONE
  const times = lessonsIn(owner, params)
  if (times === 0) return
  const { ids, counts } = session.done
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at] as number
    const uses = use(owner.habits, id, times * (counts[at] as number))
    const lesson = lessonOf(owner.taught, id, uses, params.maxActions)
    if (lesson > 0) owner.lessons = [...owner.lessons, lesson]
  }
  shorten(owner.habits, params.maxActions)
}

function enter(owner: Owner, seconds: number, params: Params): void {
  if (isOver(owner.session, seconds, params)) {
    if (owner.session.at > 0) {
      if (owner.elsewhere !== null) leave(owner.elsewhere, Math.floor(owner.session.at / DAY))
      close(owner, params)
    }
    owner.session = newSession(seconds)
  }
  owner.session.latest = Math.max(owner.session.latest, seconds)
  const day = Math.floor(seconds / DAY)
  if (day <= owner.lastDay) return
  owner.days++
  owner.lastDay = day
}

/** The peers, where enough is known of the owner and of them to compare the two. */
function peersFor({ habits, taught, days }: Owner, peers: Habits | undefined, params: Params): Habits | undefined {
  if (habits.total < params.minActions || days < params.minDays) return undefined
  return peers === undefined || peers.total - taught.weight < params.minPeers ? undefined : peers
}

/** Few kinds, asked for with every call. */
const keyOfKind = remembering((kind) => `peers:${kind}`)
const peersKey = ({ actor_kind: kind }: Interaction): string => keyOfKind(kind)

export const masquerade: Detector<Params, Owner> = {
  rule,
  keysOf: actorKeys,
  lore: (_, interaction) => peersKey(interaction),
  lesson: ({ lesson }) => lesson,
  learn: ({ habits }, lesson, params) => hear(habits, lesson, params.maxPeerActions),
  begin: () => ({ habits: noHabits(), taught: nothingTaught(), session: newSession(0), elsewhere: null, days: 0, lastDay: -1, toldDays: NONE, lessons: NONE, lesson: 0 }),
  step(owner, interaction, key, params, tools) {
    enter(owner, secondsOf(interaction), params)
    owner.lesson = owner.lessons[0] ?? 0
    if (owner.lessons.length > 0) owner.lessons = owner.lessons.slice(1)
    const peers = peersFor(owner, (tools.stateOf?.(peersKey(interaction)) as Owner | undefined)?.habits, params)
    const drafts: Draft[] = []
    const elsewhere = owner.elsewhere ??= nowhereElse()
    if (isElsewhere(elsewhere, interaction)) {
      const { session: { at: since }, habits, days } = owner
      const isKnown = habits.total >= params.minUses && days > params.minDays
      const said = goes(elsewhere, interaction, { key, day: Math.floor(secondsOf(interaction) / DAY), since, isKnown, disputed: () => tools.disputed?.() === true }, params)
      if (said !== undefined) drafts.push(said)
    }
    for (const action of actionsOf(interaction)) {
      const said = peers === undefined ? 0 : saidBy(owner, action, peers, params)
      if (!weigh(owner.session, action, said, params)) continue
      drafts.push(draftOf({ key, actions: owner.habits.total, days: owner.days, known: owner.habits.ids.length }, owner.session))
    }
    return drafts
  },
  forget: ({ lastDay, session }, watermark, params) => session.at > 0 && (lastDay + params.keepDays) * DAY < Number(watermark) / 1e9,
}
