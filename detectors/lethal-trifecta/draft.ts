/** Says what came in, what went out, and why that is not ordinary. Names are shown where they are plain; values of arguments never but domains. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Destination } from '../destinations/destination.ts'
import type { Draft } from '../detector.ts'
import { nanosOf } from '../stats/moment.ts'
import type { Weighed } from './egress.ts'
import type { Lineage } from './lineages.ts'
import { SENSITIVE } from './marks.ts'

export interface Case {
  readonly interaction: Interaction
  readonly lineage: Lineage
  readonly destination: Destination
  readonly weighed: Weighed
  readonly severity: Severity
  /** Destinations that the actor knows, days on which it sent, and destinations that the tenant knows. */
  readonly known: number
  readonly days: number
  readonly tenant: number
}

const PLAIN = /^[\w.+/:@-]{1,80}$/
const plain = (name: string, else_: string): string => (PLAIN.test(name) ? name : else_)
/** Of a mailbox only where it is. */
const shown = ({ name, domain, kind }: Destination): string => plain(kind === 'e-mail' ? domain : name, 'a destination with an odd name')

export function draftOf({ interaction, lineage, destination, weighed, severity, known, days, tenant }: Case): Draft {
  const { unwarranted, novelty, isCold } = weighed
  const where = shown(destination)
  const [untrusted, own] = [lineage.untrusted?.[1] ?? '', lineage.private?.[1] ?? ''].map((tool) => plain(tool, 'a tool with an odd name'))
  const guarded = (lineage.marks & SENSITIVE) !== 0
  const inOrder = lineage.privateAt >= lineage.untrustedAt
  const reasons = [...unwarranted, ...novelty, ...(guarded ? ['what was read is of a kind that is guarded'] : []), ...(inOrder ? ['private data was read after the strangers\' text'] : []),
    ...(isCold ? ['cold start: too little history of the actor and of the tenant to know destinations'] : []), 'benign if the user wanted just this sent there']
  const share = 1 / Math.max(1, unwarranted.length + novelty.length)
  return {
    about: [`actor:${interaction.actor}`, String(lineage.id), destination.name],
    severity,
    title: `Words of strangers, private data, then ${where}`,
    observed: `${untrusted} brought in what strangers may write, ${own} private data, and ${plain(interaction.tool, 'a tool')} sends to ${where}`,
    expected: known === 0 ? 'a destination that is known, or one that the user gave' : `one of the ${known} destinations of ${days} days, or one that the user gave`,
    reasons,
    features: [
      ...unwarranted.map((observed) => ({ name: 'not asked for', observed, expected: 'a call that the turn asks for, to a place that the user named', weight: share })),
      ...novelty.map((observed) => ({ name: 'destination', observed: `${where}: ${observed}`, expected: 'a known destination', weight: share })),
    ],
    baselines: { self: `${known} destinations on ${days} days`, ...(tenant > 0 ? { tenant: `${tenant} destinations` } : {}) },
    windowStart: nanosOf(Math.min(lineage.untrustedAt, lineage.privateAt)),
    evidence: [...new Set([lineage.untrusted?.[0] ?? '', lineage.private?.[0] ?? '', ...interaction.event_ids])].filter((id) => id !== ''),
  }
}
