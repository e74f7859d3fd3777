/** Whether the files of a report are what was signed: from the files and a key alone, no service and no tables. */
import type { Verifier } from '../../schemas/note.ts'
import { type AnswerFacts, type Manifest, openReportNote, parseManifest, sha256Of } from './manifest.ts'

export type Verdict = 'ok' | 'tampered' | 'incomplete' | 'unverifiable'

export interface Checked {
  readonly verdict: Verdict
  /** Sentences; empty where all is well. */
  readonly problems: readonly string[]
  readonly signedBy: string
  readonly manifest: Manifest | undefined
}

const answerPath = ({ question }: Pick<AnswerFacts, 'question'>): string => `answers/${question}.jsonl`

interface Problem {
  readonly kind: Exclude<Verdict, 'ok'>
  readonly says: string
}

function sameHash(files: ReadonlyMap<string, string>, path: string, expected: string): Problem[] {
  const text = files.get(path)
  if (text === undefined) return [{ kind: 'incomplete', says: `${path} is missing` }]
  return sha256Of(text) === expected ? [] : [{ kind: 'tampered', says: `${path} is not what was signed` }]
}

function readManifest(text: string): Manifest | undefined {
  try {
    return parseManifest(text)
  } catch {
    return undefined
  }
}

const worst = (problems: readonly Problem[]): Verdict =>
  (['tampered', 'incomplete', 'unverifiable'] as const).find((kind) => problems.some((problem) => problem.kind === kind)) ?? 'ok'

/** Says every problem at once. */
export function checkFiles(files: ReadonlyMap<string, string>, verifiers: readonly Verifier[]): Checked {
  const note = files.get('report.note')
  const opened = note === undefined ? { refused: 'report.note is missing' } : openReportNote(note, verifiers)
  if ('refused' in opened) {
    const kind = opened.refused === 'false signature' || opened.refused === 'malformed' ? 'tampered' : 'unverifiable'
    return { verdict: kind, problems: [`the signature does not hold: ${opened.refused}`], signedBy: '', manifest: undefined }
  }
  const problems = [...sameHash(files, 'report.json', opened.reportHash), ...sameHash(files, 'report.html', opened.pageHash)]
  const manifest = problems.length === 0 ? readManifest(files.get('report.json') ?? '') : undefined
  if (manifest !== undefined) {
    if (manifest.report_id !== opened.reportId) problems.push({ kind: 'tampered', says: 'the note is about another report' })
    problems.push(...manifest.answers.flatMap((answer) => sameHash(files, answerPath(answer), answer.sha256)))
    const known = new Set(['report.json', 'report.html', 'report.note', ...manifest.answers.map(answerPath)])
    problems.push(...[...files.keys()].filter((path) => !known.has(path)).map((path): Problem => ({ kind: 'tampered', says: `${path} is no part of the report` })))
  } else if (problems.length === 0) problems.push({ kind: 'unverifiable', says: 'report.json is signed, but of a form that this version does not read' })
  return { verdict: worst(problems), problems: problems.map(({ says }) => says), signedBy: opened.signedBy, manifest }
}
