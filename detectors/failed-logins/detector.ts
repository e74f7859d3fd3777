/** Learns who is at home at each address, and speaks when others fail from it, most of all when one of them then gets in. */
import type { Interaction } from '../../schemas/interaction.ts'
import { glance, networkOf } from '../caller/fingerprint.ts'
import type { Detector, Draft, Tools } from '../detector.ts'
import { secondsOf } from '../stats/moment.ts'
import { enteredDraft, guessedDraft, repeatsDraft, scatteredDraft, sprayDraft } from './draft.ts'
import { isFailure, principalOf, tokenOf } from './failure.ts'
import { type Params, rule } from './rule.ts'
import { countKnown, distinctIn, fail, isKnown, newSource, settle, type Source, type Wave, welcome } from './source.ts'

const DAY = 86_400
const NONE: readonly never[] = []
/** Keys beside addresses, which never begin like this: a principal; a client, where no address is known. */
const WHO = 'who:'
const VIA = 'via:'

function failureKeys({ client_network: network, client, user_agent: userAgent, actor, actor_kind: kind }: Interaction): readonly string[] {
  const program = client || userAgent
  const from = network !== '' ? [network] : program !== '' ? [VIA + program.slice(0, 64)] : NONE
  return kind === 'principal' && actor !== '' ? [...from, WHO + actor] : from
}

interface Judged {
  readonly key: string
  readonly source: Source
  readonly wave: Wave
  readonly params: Params
}

/** Enough of them, and more than are used to fail here. */
function isSpray({ source, wave, params }: Judged): boolean {
  const enough = wave.principals.length >= params.principals || wave.tokens.length >= params.tokens
  return enough && distinctIn(wave) > source.usual * params.timesUsual
}

/** A stranger's address is dangerous by itself; one that people work from is judged by who they are, once that is known. */
function standingOf({ key, source, wave, params }: Judged, share: number): { readonly severity: 'low' | 'medium'; readonly basis: string } {
  if (key.startsWith(VIA)) return { severity: 'low', basis: 'no address is known, only the program' }
  if (source.okDays === 0) return { severity: 'medium', basis: 'nobody ever succeeded from this address' }
  if (share > params.knownShare) return { severity: 'low', basis: 'some of them are at home here: more likely something is broken' }
  if (wave.principals.length < params.principals) return { severity: 'low', basis: 'tokens alone: an agent that renews its token in vain looks the same' }
  return source.okDays < params.minDays ? { severity: 'low', basis: 'cold start: too little is known of who is at home here' }
    : { severity: 'medium', basis: 'hardly any of them is at home here' }
}

function judgeSpray(judged: Judged, seconds: number): readonly Draft[] {
  const { key, source, wave } = judged
  if (wave.told === 'medium' || wave.told === 'high' || !isSpray(judged)) return NONE
  const known = countKnown(source, wave.principals) + countKnown(source, wave.tokens)
  const { severity, basis } = standingOf(judged, known / distinctIn(wave))
  if (wave.told === severity) return NONE
  wave.told = severity
  if (severity === 'medium') source.restTo = seconds + DAY
  return [sprayDraft({ key, source, wave, severity, known, basis })]
}

function judgeRepeats({ key, source, wave, params }: Judged, seconds: number): readonly Draft[] {
  const day = Math.floor(seconds / DAY)
  if (wave.failures < params.repeats || distinctIn(wave) > 1 || day <= source.toldDay) return NONE
  source.toldDay = day
  return [repeatsDraft({ key, wave }, day)]
}

function judgeScattered({ key, wave, params }: Judged, actor: string): readonly Draft[] {
  if (wave.told !== '' || wave.networks.length < params.networks || wave.tokens.length < params.networks) return NONE
  wave.told = 'medium'
  return [scatteredDraft({ key, wave }, actor)]
}

function onFailure(source: Source, interaction: Interaction, key: string, params: Params): readonly Draft[] {
  const seconds = secondsOf(interaction)
  const isWho = key.startsWith(WHO)
  const network = isWho ? networkOf(interaction) : 0
  const wave = fail(source, { seconds, principal: isWho ? 0 : principalOf(interaction), token: tokenOf(interaction), network, event: interaction.event_ids[0] }, params)
  const judged = { key, source, wave, params }
  if (isWho) return judgeScattered(judged, interaction.actor)
  return [...judgeSpray(judged, seconds), ...judgeRepeats(judged, seconds)]
}

/** Most often the same one as in the call before, of the same day, at an address without failures. */
function isNothingNew(source: Source, { actor, actor_kind: kind, token_fingerprint: token }: Interaction, seconds: number): boolean {
  const look = glance(token, glance(actor, glance(kind))) | 1
  const same = source.wave === null && look === source.look && Math.floor(seconds / DAY) === source.okDay
  source.look = look
  return same
}

/** A person gets in where it never did before, after failing there again and again. Rented machines are not where people set up their agents. */
function judgeGuess({ key, source, wave, params }: Judged, interaction: Interaction, who: number): readonly Draft[] {
  const { actor_kind: kind, client_hosting: hosting } = interaction
  if (wave.told !== '' || wave.failures < params.guesses || kind !== 'principal' || distinctIn(wave) > 1 || !wave.principals.includes(who) || isKnown(source, who)) return NONE
  wave.told = 'low'
  return [guessedDraft({ key, wave, severity: hosting === 'yes' ? 'medium' : 'low' }, interaction)]
}

/** Somebody gets in: a stranger after a spray, or one more who is at home here. */
function onSuccess(source: Source, interaction: Interaction, { key, params, tools }: { readonly key: string; readonly params: Params; readonly tools: Tools }): readonly Draft[] {
  const seconds = secondsOf(interaction)
  settle(source, seconds, params)
  const { wave } = source
  if (isNothingNew(source, interaction, seconds)) {
    source.lastAt = Math.max(source.lastAt, seconds)
    return NONE
  }
  const who = principalOf(interaction) || tokenOf(interaction)
  const drafts: Draft[] = []
  if (wave !== null && wave.told === 'medium' && seconds >= wave.from && who !== 0 && !isKnown(source, who)) {
    wave.told = 'high'
    drafts.push(enteredDraft({ key, source, wave }, interaction, wave.principals.includes(who) || wave.tokens.includes(who)))
  }
  if (drafts.length === 0 && wave !== null) drafts.push(...judgeGuess({ key, source, wave, params }, interaction, who))
  if (tools.disputed?.() !== true) welcome(source, who, seconds)
  return drafts
}

export const failedLogins: Detector<Params, Source> = {
  rule,
  keysOf(interaction) {
    const { outcome, client_network: network } = interaction
    if (outcome === 'ok') return network === '' ? NONE : [network]
    return isFailure(interaction) ? failureKeys(interaction) : NONE
  },
  begin: newSource,
  step: (source, interaction, key, params, tools) =>
    interaction.outcome === 'ok' ? onSuccess(source, interaction, { key, params, tools }) : onFailure(source, interaction, key, params),
  forget: ({ lastAt }, watermark, { keepDays }) => lastAt > 0 && lastAt + keepDays * DAY < Number(watermark) / 1e9,
}
