/** What was found, as three verdicts and one number for whoever called. */
import type { DeclaredGap, Fault, Question, Removal } from '../../schemas/evidence.ts'
import { BLANKED_PEER } from './origins.ts'

export type Word = 'ok' | 'tampered' | 'incomplete' | 'unverifiable'
export const EXIT_CODES: Readonly<Record<Word, number>> = { ok: 0, tampered: 1, incomplete: 2, unverifiable: 3 }

export interface PartitionReport {
  readonly partition: number
  readonly leaves: number
  /** So many leaves are what was signed. */
  readonly proved: number
  /** So many leaves stand under a checkpoint that was kept elsewhere: of these alone it is known that whoever has the signing key did not write them anew. */
  readonly anchored: number
}

export interface Origin {
  readonly tenant: string
  readonly transport: string
  /** `token:NAME`, `certificate:NAME`, or '' where none was asked for. */
  readonly credential: string
  /** Of records without a credential. */
  readonly peer: string
  readonly rows: number
}

export interface Report {
  readonly verdict: Word
  readonly exit_code: number
  readonly integrity: Word
  readonly completeness: Word
  readonly attribution: Word
  /** Leaf index of the first thing that is wrong, with its partition. */
  readonly first_bad: { readonly partition: number; readonly index: number; readonly detail: string } | null
  readonly source: string
  readonly log: string
  readonly partitions: readonly PartitionReport[]
  readonly leaves: number
  readonly rows: number
  /** Rows that have no leaf yet: they came last. */
  readonly unsealed: number
  readonly removed: number
  readonly erased: number
  readonly checkpoints: number
  readonly anchors: { readonly given: number; readonly used: number; readonly witnessed: number }
  readonly removals: readonly Removal[]
  readonly gaps: readonly DeclaredGap[]
  readonly origins: readonly Origin[]
  readonly faults: readonly Fault[]
  /** Sentences on what this run could not say. */
  readonly notes: readonly string[]
}

export interface Findings extends Omit<Report, 'verdict' | 'exit_code' | 'integrity' | 'completeness' | 'attribution' | 'first_bad'> {
  /** Reasons why integrity cannot be said; none where it can. */
  readonly unverifiable: readonly string[]
}

const has = (faults: readonly Fault[], question: Question): boolean => faults.some((fault) => fault.question === question)

/** Worst first: what was altered counts more than what is missing, and that more than what cannot be said. */
const worst = (words: readonly Word[]): Word => (['tampered', 'incomplete', 'unverifiable', 'ok'] as const).find((word) => words.includes(word)) ?? 'ok'

const byPlace = (a: Fault, b: Fault): number => (a.index < 0 ? 1 : 0) - (b.index < 0 ? 1 : 0) || a.partition - b.partition || a.index - b.index

/** Attribution says of every row by which credential it came; where rows are not what was signed, so is what they say of it. */
function attributionOf(integrity: Word, { origins }: Findings): Word {
  if (integrity !== 'ok') return 'unverifiable'
  return origins.some(isUnknown) ? 'incomplete' : 'ok'
}

const isUnknown = ({ credential, peer }: Origin): boolean => credential === '' && (peer === '' || peer === BLANKED_PEER)

/** Why attribution is not complete, as a sentence for each reason. */
export function attributionNotes(origins: readonly Origin[]): string[] {
  const rows = (peer: string): number => origins.reduce((sum, origin) => sum + (origin.credential === '' && origin.peer === peer ? origin.rows : 0), 0)
  const [blanked, unknown] = [rows(BLANKED_PEER), rows('')]
  return [
    ...(blanked === 0 ? [] : [`${blanked} rows came without a credential, and a removal blanked the address that they came from: attribution of these is gone with it.`]),
    ...(unknown === 0 ? [] : [`${unknown} rows have neither a credential nor an address: earlier versions wrote none of what people did to the product itself.`]),
  ]
}

export function reportOf(found: Findings): Report {
  const { unverifiable, ...rest } = found
  const faults = [...found.faults].sort(byPlace)
  const integrity = has(faults, 'integrity') ? 'tampered' : unverifiable.length > 0 ? 'unverifiable' : 'ok'
  const completeness = has(faults, 'completeness') || found.gaps.some(({ explained }) => explained === '') ? 'incomplete' : unverifiable.length > 0 ? 'unverifiable' : 'ok'
  const first = faults.find(({ question }) => question === 'integrity') ?? faults[0]
  // Where no signature could be checked at all, nothing that is missing is known to have been there.
  const blind = integrity === 'unverifiable' && found.partitions.every(({ proved }) => proved === 0)
  const verdict = blind ? 'unverifiable' : worst([integrity, completeness])
  return {
    verdict, exit_code: EXIT_CODES[verdict], integrity, completeness, attribution: attributionOf(integrity, found),
    first_bad: first === undefined ? null : { partition: first.partition, index: first.index, detail: first.detail }, ...rest, faults, notes: [...unverifiable, ...found.notes],
  }
}
