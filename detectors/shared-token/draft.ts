/** Says who else used a token. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Baselines, Draft } from '../detector.ts'
import { nanosOf } from '../stats/moment.ts'
import { familyOf } from '../caller/fingerprint.ts'

/** The unknown holder, in words for people; it lives as long as it is watched. */
export interface Suspect {
  /** Of its print. */
  readonly id: number
  readonly software: number
  readonly network: number
  readonly kind: 'both' | 'software' | 'network'
  readonly label: string
  readonly firstAt: number
  readonly evidence: string[]
  /** Times that the token came to it from another holder. */
  turns: number
  risky: boolean
  told: boolean
}

export interface Case {
  readonly suspect: Suspect
  readonly severity: Severity
  /** Why the history of the token, or of its peers, makes it count. */
  readonly basis: string
  readonly interaction: Interaction
  readonly seconds: number
  readonly usual: number
  readonly baselines: Baselines
}

const MOST_LABEL = 60
const PLAIN = /^[\w.:@-]+$/
const plain = (text: string): string => (PLAIN.test(text) && text.length <= MOST_LABEL ? text : 'one with an odd name')

/** Program and network of a caller; attacker text never gets further than a plain name. */
export function labelOf({ client, user_agent: userAgent, agent, client_asn: asn, client_country: country, client_network: network }: Interaction): string {
  const program = client !== '' ? `client ${plain(familyOf(client))}` : userAgent !== '' ? `user agent ${plain(familyOf(userAgent))}` : agent !== '' ? `agent ${plain(familyOf(agent))}` : 'an unnamed program'
  const software = client !== '' && userAgent !== '' ? `${program} (${plain(familyOf(userAgent))})` : program
  const place = asn !== 0 ? `AS${asn}` : network
  return place === '' ? software : `${software} from ${place}${country === '' ? '' : ` in ${country}`}`
}

const DIFFERENCES = { both: 'another program, from another network', software: 'another program', network: 'another network' } as const
const BENIGN = 'benign if the owner has put the same token into a second program'
const aboutOf = ({ token_fingerprint: token }: Interaction, what: string, { software, network }: Suspect): readonly string[] => [token, what, String(software), String(network)]

/** Holders take turns: nobody has moved. */
export const togetherDraft = ({ suspect, severity, basis, interaction, seconds, usual, baselines }: Case): Draft => ({
  about: aboutOf(interaction, 'together', suspect),
  severity,
  title: `One token in two hands: ${suspect.label} beside its known holder`,
  observed: `${DIFFERENCES[suspect.kind]} uses the token while the one before goes on; the call at hand is by ${labelOf(interaction)}`,
  expected: usual === 0 ? 'one holder at a time' : `at most ${usual + 1} such holders at a time`,
  reasons: [basis, ...(suspect.risky ? ['the new holder changed, sent or ran something'] : []), BENIGN],
  features: [
    { name: 'holders take turns', observed: `${suspect.label} between calls of the known holder`, expected: 'a move or an upgrade does not go back', weight: 0.6 },
    { name: DIFFERENCES[suspect.kind], observed: suspect.label, weight: 0.3 },
    ...(suspect.risky ? [{ name: 'effect of its calls', observed: 'more than reading', weight: 0.1 }] : []),
  ],
  baselines,
  windowStart: nanosOf(suspect.firstAt),
  windowEnd: nanosOf(Math.max(seconds, suspect.firstAt)),
  evidence: [...suspect.evidence, ...interaction.event_ids],
})

/** Program and network changed in one step; nobody else goes on as yet. */
export const changedDraft = ({ suspect, severity, basis, interaction, baselines }: Case): Draft => ({
  about: aboutOf(interaction, 'changed', suspect),
  severity,
  title: `A token has changed hands: ${suspect.label}`,
  observed: 'another program, from another network, uses the token',
  expected: 'the program or the network of before: upgrades and moves change one of them',
  reasons: [basis, ...(severity === 'low' ? [] : ['only minutes after a call of the known holder']), BENIGN],
  features: [
    { name: DIFFERENCES.both, observed: suspect.label, weight: severity === 'low' ? 1 : 0.6 },
    ...(severity === 'low' ? [] : [{ name: 'time since the known holder', observed: 'minutes', weight: 0.4 }]),
  ],
  baselines,
})

export const manyDraft = ({ suspect, severity, basis, interaction, baselines }: Case, unknown: number, minutes: number): Draft => ({
  about: [interaction.token_fingerprint, 'many', severity, String(Math.floor(suspect.firstAt / 86_400))],
  severity,
  title: `One token in many hands: ${unknown} unknown programs within ${minutes} min`,
  observed: `${unknown} different programs that the token is not known for; the latest is ${suspect.label}`,
  expected: 'programs that have used it on several days',
  reasons: [basis, ...(severity === 'low' ? [] : ['so it looks when a token was published']), BENIGN],
  baselines,
  evidence: [...suspect.evidence, ...interaction.event_ids],
})
