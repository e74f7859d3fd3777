/** Says what is new about a server. Names and hosts are strangers' texts: they are cut, and odd ones are not repeated. */
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft } from '../detector.ts'
import type { Likeness } from './likeness.ts'

export interface Twin {
  readonly name: string
  readonly likeness: Likeness
}

const PLAIN = /^[\w.+/:@ -]{1,80}$/
const plain = (text: string): string => (PLAIN.test(text) ? text : 'one with odd characters in its name')

const SEVERITY: Readonly<Record<Likeness, Severity>> = { disguised: 'high', near: 'medium', respelled: 'low' }
const WHY: Readonly<Record<Likeness, string>> = {
  disguised: 'its name looks the same and is spelled with other characters',
  near: 'its name is a slip of the finger away',
  respelled: 'its name differs by separators alone: perhaps the same server as somebody else calls it',
}
const BENIGN = 'benign if it was introduced on purpose'

export const twinDraft = (server: string, { name, likeness }: Twin, known: number): Draft => ({
  about: [server, 'twin', name],
  severity: SEVERITY[likeness],
  title: `A new server can be taken for ${plain(name)}`,
  observed: `first use of ${plain(server)}`,
  expected: `${known} known servers, ${plain(name)} among them, with names that cannot be mistaken for each other`,
  reasons: [WHY[likeness], 'never used before in this tenant', BENIGN],
  features: [
    { name: 'likeness of names', observed: WHY[likeness], expected: 'names that differ by a word', weight: likeness === 'respelled' ? 0.5 : 0.8 },
    { name: 'novelty', observed: 'never used before', expected: `one of ${known} known servers`, weight: likeness === 'respelled' ? 0.5 : 0.2 },
  ],
  baselines: { tenant: `${known} known servers` },
})

export const maskedDraft = (server: string): Draft => ({
  about: [server, 'masked'],
  severity: 'medium',
  title: 'A new server has a name of mixed or hidden characters',
  observed: 'a name in which letters of several scripts, or characters that nobody sees, stand in one word',
  expected: 'names that read as they are spelled',
  reasons: ['the name is not what it looks like', 'never used before in this tenant', BENIGN],
  features: [{ name: 'characters of the name', observed: 'mixed or hidden', expected: 'one script', weight: 1 }],
})

export const newDraft = (server: string, known: number): Draft => ({
  about: [server, 'new'],
  severity: 'low',
  title: `${plain(server)} is new`,
  observed: `first use of ${plain(server)}`,
  expected: `one of ${known} known servers`,
  reasons: ['never used before in this tenant', BENIGN],
  features: [{ name: 'novelty', observed: 'never used before', expected: `one of ${known} known servers`, weight: 1 }],
  baselines: { tenant: `${known} known servers` },
})

/** What a move is about. */
export interface Move {
  readonly server: string
  /** Hosts with ports, as they are shown. */
  readonly to: string
  readonly before: readonly string[]
  readonly isExposed: boolean
  readonly isNear: boolean
  readonly days: number
}

export function moveDraft({ server, to, before, isExposed, isNear, days }: Move): Draft {
  const why = isExposed ? 'it was on the own machine or network only, and is on the internet now' : isNear ? 'another port, or another host of the same site' : 'a host of another site'
  return {
    about: [server, 'moved', to],
    severity: isNear ? 'low' : 'medium',
    title: `${plain(server)} is reached at another host`,
    observed: `an interaction at ${plain(to)}`,
    expected: `${before.slice(-3).map(plain).join(', ')}, as on ${days} days before`,
    reasons: [why, 'benign if the server moved or got another name on purpose'],
    features: [{ name: 'host', observed: `${plain(to)}: ${why}`, expected: before.slice(-3).map(plain).join(', '), weight: 1 }],
    baselines: { self: `${before.length} host${before.length === 1 ? '' : 's'} on ${days} days` },
  }
}
