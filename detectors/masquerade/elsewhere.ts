/**
 * Servers that are new to an actor: several in one session, in haste, refused, or with a machine that is new too. One new server is a new task; somebody
 * else under this name does not know which are the owner's.
 */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { glance } from '../caller/fingerprint.ts'
import type { Draft } from '../detector.ts'
import { type Holders, meet, nobody, part, strangeOf } from '../off-hours-token/holders.ts'
import { featuresOf, type Point, sumOf } from '../stats/points.ts'
import { noTerms, see, standingOf, type Terms, termOf } from '../stats/terms.ts'
import type { Params } from './rule.ts'

export interface Elsewhere {
  readonly known: Terms
  readonly holders: Holders
  /** Of this session: new servers, what was called on them, how much of it was refused, whether program or network were new. */
  fresh: readonly number[]
  calls: number
  refused: number
  program: boolean
  network: boolean
  /** Points at which it was told. */
  told: number
  /** The server of the call before at a glance, and whether it is a new one. */
  look: number
  isFresh: boolean
}

const NONE: readonly number[] = []
export const nowhereElse = (): Elsewhere => ({ known: noTerms(), holders: nobody(), fresh: NONE, calls: 0, refused: 0, program: false, network: false, told: 0, look: 0, isFresh: false })

const MOST = 16
const MOST_KNOWN = 64
const ACCEPT_DAYS = 3
/** New servers of a session that count, and calls on them that are many. */
const COUNTED = 3
const MANY = 4
const LOW = 2
const MEDIUM = 4

/** The session is over: what was called in it is known from now on, unless it was told. */
export function leave(one: Elsewhere, day: number): void {
  part(one.holders, day, one.told > 0)
  if (one.fresh.length === 0) return
  Object.assign(one, { fresh: NONE, calls: 0, refused: 0, program: false, network: false, told: 0, look: 0, isFresh: false })
}

function pointsOf({ fresh, calls, refused, program, network }: Elsewhere): readonly Point[] {
  const points: Point[] = [{ name: 'new servers', observed: `${fresh.length} that it never used before`, expected: 'its own', points: Math.min(COUNTED, fresh.length) }]
  if (calls >= MANY) points.push({ name: 'calls', observed: `${calls} calls on them in one session`, expected: 'a first look', points: 1 })
  if (refused > 0) points.push({ name: 'refused', observed: `${refused} of them were refused`, points: 1 })
  if (program) points.push({ name: 'program', observed: 'with a program that was never seen', expected: 'programs of before', points: 1 })
  if (network) points.push({ name: 'network', observed: 'from a network that was never seen, in the country as before', expected: 'networks of before', points: 1 })
  return points
}

interface Moment {
  readonly key: string
  readonly day: number
  /** Seconds since 1970 of the beginning of the session. */
  readonly since: number
  /** Enough is known of the actor to call a server new. */
  readonly isKnown: boolean
  readonly disputed: () => boolean
}

function draftOf({ known }: Elsewhere, points: readonly Point[], { key, since }: Moment, severity: Severity): Draft {
  return {
    about: [key, 'elsewhere', String(Math.floor(since)), severity],
    severity,
    title: `${key} goes to servers that it never used`,
    observed: points.map(({ observed }) => observed).join('; '),
    expected: `the ${known.ids.length} servers that it used before, now and then another one`,
    reasons: [...points.map(({ observed }) => observed), 'benign if it has a new task, a new role, or tries something out'],
    features: featuresOf(points),
    baselines: { self: `${known.ids.length} servers before` },
  }
}

/** Whether there is anything to look at: nearly all calls go where the one before went, and that is known. */
export const isElsewhere = ({ look, isFresh }: Elsewhere, { server }: Interaction): boolean => isFresh || (glance(server) | 1) !== look

/** Takes a call in; what is to be said of the session so far. A server is new once: what is told is known after it came on three days. */
export function goes(one: Elsewhere, interaction: Interaction, moment: Moment, params: Params): Draft | undefined {
  const { server, outcome, method, tool } = interaction
  const look = glance(server) | 1
  if (look !== one.look && server !== '') {
    one.look = look
    enter(one, interaction, moment, params)
    meet(one.holders, interaction)
  }
  if (!one.isFresh || one.fresh.length === 0) return undefined
  if (tool !== '' || method === 'resources/read') one.calls++
  if (outcome === 'denied' || outcome === 'unauthenticated') one.refused++
  const points = pointsOf(one)
  const sum = sumOf(points)
  const level = sum >= MEDIUM ? MEDIUM : sum >= LOW ? LOW : 0
  if (level <= one.told) return undefined
  one.told = level
  return draftOf(one, points, moment, level === MEDIUM ? 'medium' : 'low')
}

function enter(one: Elsewhere, interaction: Interaction, { day, isKnown, disputed }: Moment, { keepDays }: Params): void {
  const id = termOf(interaction.server)
  const counts = isKnown && standingOf(one.known, id, { day, keepDays }) === 'new'
  see(one.known, { id, day, told: counts && (one.fresh.length > 0 || disputed()) }, { acceptDays: ACCEPT_DAYS, keepDays, most: MOST_KNOWN })
  one.isFresh = counts || one.fresh.includes(id)
  if (!counts || one.fresh.length >= MOST) return
  one.fresh = [...one.fresh, id]
  const { program, network } = strangeOf(one.holders, interaction, day)
  one.program ||= program
  one.network ||= network
}
