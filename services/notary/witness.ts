/** The words of C2SP tlog-witness: what `add-checkpoint` is asked, and what its answers mean. Pure. */
import { bodyOf } from '../../schemas/checkpoint.ts'
import { openNote, type Verifier } from '../../schemas/note.ts'

/** A proof has at most so many hashes. */
const MOST_HASHES = 63

/** `oldSize`: what the witness saw last; `proof`: that the checkpoint's tree begins with that one. */
export function addCheckpointBody({ oldSize, proof, note }: { readonly oldSize: number; readonly proof: readonly Buffer[]; readonly note: string }): string {
  if (proof.length > MOST_HASHES) throw new RangeError('a consistency proof has at most 63 hashes')
  return `old ${oldSize}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note}`
}

export type WitnessAnswer =
  /** The note with the witness's line. */
  | { readonly kind: 'cosigned'; readonly note: string }
  /** It saw this size last, not the one that it was told. */
  | { readonly kind: 'knows'; readonly size: number }
  | { readonly kind: 'refused'; readonly why: string }

const MEANINGS: ReadonlyMap<number, string> = new Map([
  [400, 'it does not understand the request'], [403, 'it does not know the key that signed the checkpoint'], [404, 'it does not know this log'],
  [422, 'it does not believe the proof that the log only grew'],
])

/** What `status` and body say of the checkpoint in `note`. A cosignature counts when it is that of `verifier` over this very text. */
export function readAnswer({ status, text }: { readonly status: number; readonly text: string }, note: string, verifier: Verifier): WitnessAnswer {
  if (status === 409) return /^[0-9]{1,15}\n?$/.test(text) ? { kind: 'knows', size: Number(text) } : { kind: 'refused', why: 'it saw another size last, and does not say which' }
  if (status === 0) return { kind: 'refused', why: `no answer: ${text}` }
  if (status !== 200) return { kind: 'refused', why: `it answered ${status}${MEANINGS.has(status) ? `: ${MEANINGS.get(status)}` : ''}` }
  const lines = text.split('\n').filter((line) => line.startsWith('— ')).map((line) => `${line}\n`)
  const cosigned = `${note}${lines.join('')}`
  const opened = openNote(cosigned, [verifier])
  if ('refused' in opened || opened.body !== bodyOf(note)) return { kind: 'refused', why: 'its answer holds no cosignature of the configured key over this checkpoint' }
  return { kind: 'cosigned', note: cosigned }
}
