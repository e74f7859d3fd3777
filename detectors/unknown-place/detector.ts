/** Learns the places of each actor and token, and speaks when one is used where it is not known, or in two places at once. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Detector, Draft } from '../detector.ts'
import { actorAndTokenKeys, actorKey } from '../keys.ts'
import { secondsOf } from '../stats/moment.ts'
import { newcomerDraft, travelDraft, unknownDraft } from './draft.ts'
import { find, isKnown, nowhere, placeOf, type Places, visit } from './places.ts'
import { type Params, rule } from './rule.ts'

/** State of an actor or token; of the peers' only `places` is used: days are then actors. */
export interface Whereabouts {
  readonly places: Places
  /** Place and seconds since 1970 of the latest event in order. */
  last: string
  lastAt: number
  /** Quick changes between known places so far. */
  travels: number
  /** Place and end of the visit that was told last. */
  told: string
  toldTo: number
  /** Lesson of this step. */
  lesson: number
}

const DAY = 86_400
const NONE: readonly never[] = []

/** A place as a number and back, so that it can be told: at most eight characters of 7 bits each would do; countries need two. */
const numberOf = (place: string): number => (/^[A-Z]{2}$/.test(place) ? place.charCodeAt(0) * 256 + place.charCodeAt(1) : 0)
const placeIn = (number: number): string => String.fromCharCode(number >> 8, number & 255)

interface Moment {
  readonly key: string
  readonly place: string
  readonly seconds: number
  readonly day: number
  peers(): Places | undefined
  /** Of a token, whoever uses it. */
  owner(): Whereabouts | undefined
}

const isCold = ({ places }: Whereabouts, { minEvents, minDays }: Params): boolean => places.events < minEvents || places.days < minDays

/** Elsewhere a short time before. */
const isQuick = ({ last, lastAt }: Whereabouts, { place, seconds }: Moment, { travelHours }: Params): boolean =>
  last !== '' && last !== place && seconds >= lastAt && seconds - lastAt < travelHours * 3600

function judgeCold(state: Whereabouts, moment: Moment, params: Params): readonly Draft[] {
  const peers = moment.peers()
  if (state.places.events > 0 || peers === undefined || peers.days < params.minPeers || find(peers, moment.place) !== undefined) return NONE
  return [newcomerDraft({ ...moment, reasons: [] }, peers)]
}

/** Days after which a visit to a place that was told is news again. */
const STAY = 14

const isSameStay = (state: Whereabouts | undefined, { place, seconds }: Moment): boolean => state?.told === place && seconds - state.toldTo < STAY * DAY

/** One trip is told once, not for each token that is taken along. Where partitions keep the two apart, for each. */
const isOld = (state: Whereabouts, moment: Moment): boolean => isSameStay(state, moment) || isSameStay(moment.owner(), moment)

function judge(state: Whereabouts, moment: Moment, params: Params): readonly Draft[] {
  if (moment.seconds < state.toldTo && moment.place === state.told) return NONE
  const known = find(state.places, moment.place)
  const quick = isQuick(state, moment, params)
  const minutes = Math.round((moment.seconds - state.lastAt) / 60)
  if (!isKnown(state.places, moment.place, params)) {
    // Where somebody is on half of all days is home, whatever lay between.
    if (known !== undefined && known.days * 2 >= state.places.days && !quick) return NONE
    const peers = moment.peers()
    const alone = peers !== undefined && peers.days >= params.minPeers && find(peers, moment.place) === undefined
    const reasons = [known === undefined ? 'never seen there' : `seen there on ${known.days} days, ${known.known ? 'not lately' : 'not often enough'}`,
      ...(quick ? [`${minutes} min after a call from ${state.last}`] : []), ...(alone ? ['none of its peers is known there'] : [])]
    return [unknownDraft({ ...moment, reasons }, state.places, { quick, peers, again: isOld(state, moment) })]
  }
  if (!quick || moment.seconds < state.toldTo || !isKnown(state.places, state.last, params)) return NONE
  if (++state.travels > params.mostTravels) return NONE
  return [travelDraft({ ...moment, reasons: [`${state.travels - 1} such changes before`] }, state.last, minutes)]
}

function move(state: Whereabouts, { place, seconds, day }: Moment, params: Params): void {
  const becameKnown = visit(state.places, place, day, params)
  state.lesson = becameKnown ? numberOf(place) : 0
  if (seconds < state.lastAt) return
  state.last = place
  state.lastAt = seconds
}

const peersKey = (key: string, { actor_kind }: Interaction): string => (key.startsWith('actor:') ? `peers:${actor_kind}` : '')

export const unknownPlace: Detector<Params, Whereabouts> = {
  rule,
  keysOf: (interaction) => (placeOf(interaction) === '' ? NONE : actorAndTokenKeys(interaction)),
  lore: peersKey,
  lesson: ({ lesson }) => lesson,
  learn({ places }, lesson, params) {
    places.days++
    const name = placeIn(lesson)
    const place = find(places, name) ?? { name, days: 0, lastDay: 0, lastActive: 0, recent: [], known: true }
    place.days++
    places.list = [...places.list.filter((one) => one !== place), place].slice(-params.maxPlaces)
  },
  begin: () => ({ places: nowhere(), last: '', lastAt: 0, travels: 0, told: '', toldTo: 0, lesson: 0 }),
  step(state, interaction, key, params, tools) {
    const seconds = secondsOf(interaction)
    const stateOf = (of: string): Whereabouts | undefined => (of === '' || of === key ? undefined : tools.stateOf?.(of) as Whereabouts | undefined)
    const moment: Moment = {
      key, place: placeOf(interaction), seconds, day: Math.floor(seconds / DAY),
      peers: () => stateOf(peersKey(key, interaction))?.places, owner: () => stateOf(actorKey(interaction)),
    }
    const drafts = isCold(state, params) ? judgeCold(state, moment, params) : judge(state, moment, params)
    if (drafts.length > 0) Object.assign(state, { told: moment.place, toldTo: seconds + params.visitHours * 3600 })
    move(state, moment, params)
    return drafts
  },
  forget: ({ places, lastAt }, watermark, params) => lastAt > 0 && (places.lastDay + params.keepDays) * DAY < Number(watermark) / 1e9,
}
