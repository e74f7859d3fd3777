/** report.json: what was asked, by which statements, and the hash of every answer. Its bytes are made of what was asked and answered alone: no clock, no machine, no version. */
import { hash } from 'node:crypto'
import { z } from 'zod'
import { type NoteSigner, openNote, signNote, type Verifier } from '../../schemas/note.ts'

export const FORMAT = 'watchkeeper.report/1'
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const text = z.string()

const Answer = z.strictObject({
  question: z.string().regex(/^[a-z0-9-]{1,64}$/),
  title: text,
  asks: text,
  /** Each row is something to look at. */
  exceptions: z.boolean(),
  cannot_see: text,
  columns: z.array(z.strictObject({ name: text, title: text })),
  sql: text,
  /** Rows in the file, and rows that there are in all. */
  rows: z.number().int().min(0),
  rows_in_all: z.number().int().min(0),
  /** Of the file `answers/<question>.jsonl`. */
  sha256,
})

const ControlShown = z.strictObject({
  id: text, framework: text, reference: text, title: text, asks: text, questions: z.array(text), not_shown: text,
})

export const Manifest = z.strictObject({
  format: z.literal(FORMAT),
  report_id: z.string().regex(/^[0-9a-f]{32}$/),
  title: text,
  tenant: text,
  /** ISO 8601: what was received from … and before …, as it was stored before `as_of`. */
  from: text,
  to: text,
  as_of: text,
  /** Values of the parameters in every statement. */
  parameters: z.strictObject({ tenant: text, from: text, to: text, as_of: text }),
  /** SHA-256 over all statements of the library. */
  library: sha256,
  controls: z.array(ControlShown),
  answers: z.array(Answer),
})
export type Manifest = z.infer<typeof Manifest>
export type AnswerFacts = Manifest['answers'][number]

export const sha256Of = (bytes: string | Buffer): string => hash('sha256', bytes, 'hex')

/** The bytes that are hashed and signed. */
export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 1)}\n`

/** Throws ZodError or SyntaxError for what is none. */
export const parseManifest = (json: string): Manifest => Manifest.parse(JSON.parse(json))

export interface Sealed {
  readonly reportId: string
  readonly reportHash: string
  readonly pageHash: string
}

const origin = (name: string): string => `${name}/reports`

/** Text of the note: who says it of what. */
const bodyOf = (name: string, { reportId, reportHash, pageHash }: Sealed): string =>
  `${origin(name)}\n${reportId}\nreport.json sha256:${reportHash}\nreport.html sha256:${pageHash}\n`

/** A C2SP signed note over both files. Ed25519 signs the same text the same way: it is reproducible too. */
export const signReport = (sealed: Sealed, signer: NoteSigner): string => signNote(bodyOf(signer.name, sealed), signer)

const BODY = /^(\S+)\/reports\n([0-9a-f]{32})\nreport\.json sha256:([0-9a-f]{64})\nreport\.html sha256:([0-9a-f]{64})\n$/

/** What a note says where one of `verifiers` signed it, else why it is not believed. */
export function openReportNote(note: string, verifiers: readonly Verifier[]): (Sealed & { readonly signedBy: string }) | { readonly refused: string } {
  const opened = openNote(note, verifiers)
  if ('refused' in opened) return opened
  const match = BODY.exec(opened.body)
  const signer = opened.signatures[0]?.verifier
  if (match === null || signer === undefined || match[1] !== signer.name) return { refused: 'not about a report' }
  const [, , reportId = '', reportHash = '', pageHash = ''] = match
  return { reportId, reportHash, pageHash, signedBy: signer.name }
}
