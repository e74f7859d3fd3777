/** Whether an incident pack is what was handed out: from its files' hashes, its two seals and a key alone. */
import { createHash } from 'node:crypto'
import { openNote, type Verifier } from '../../../schemas/note.ts'
import type { Verdict } from '../check.ts'

export interface PackChecked {
  readonly verdict: Verdict
  /** Sentences. */
  readonly problems: readonly string[]
  readonly signedBy: string
  readonly alertId: string
}

const BODY = /^(\S+)\/incidents\n([0-9a-f]{32})\nSHA256SUMS sha256:([0-9a-f]{64})\n$/
const LINE = /^([0-9a-f]{64}) {2}([A-Za-z0-9][A-Za-z0-9._/-]*)$/

function listed(sums: string): ReadonlyMap<string, string> | undefined {
  const matches = sums.split('\n').slice(0, -1).map((line) => LINE.exec(line))
  return matches.some((match) => match === null) ? undefined : new Map(matches.map((match) => [match?.[2] ?? '', match?.[1] ?? '']))
}

export interface PackFiles {
  readonly sums: string | undefined
  readonly note: string | undefined
  /** SHA-256 of every other file, by path. */
  readonly hashes: ReadonlyMap<string, string>
}

const failed = (verdict: Verdict, problem: string): PackChecked => ({ verdict, problems: [problem], signedBy: '', alertId: '' })

/** Says every problem at once. */
export function checkPack({ sums, note, hashes }: PackFiles, verifiers: readonly Verifier[]): PackChecked {
  if (note === undefined || sums === undefined) return failed('unverifiable', `${note === undefined ? 'SHA256SUMS.note' : 'SHA256SUMS'} is missing`)
  const opened = openNote(note, verifiers)
  if ('refused' in opened) return failed(opened.refused === 'no known signature' ? 'unverifiable' : 'tampered', `the signature does not hold: ${opened.refused}`)
  const [, , alertId = '', sha256 = ''] = BODY.exec(opened.body) ?? []
  if (sha256 === '') return failed('tampered', 'the note is about something else')
  const known = listed(sums)
  if (known === undefined || createHash('sha256').update(sums).digest('hex') !== sha256) return failed('tampered', 'SHA256SUMS is not what was signed')
  const missing = [...known.keys()].filter((path) => !hashes.has(path)).map((path) => `${path} is missing`)
  const changed = [...hashes].filter(([path, hash]) => known.get(path) !== hash).map(([path]) => (known.has(path) ? `${path} is not what was signed` : `${path} is no part of the pack`))
  const verdict = changed.length > 0 ? 'tampered' : missing.length > 0 ? 'incomplete' : 'ok'
  return { verdict, problems: [...changed, ...missing], signedBy: opened.signatures[0]?.verifier.name ?? '', alertId }
}
