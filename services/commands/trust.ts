/** What a verifier is given from outside: keys and anchors, from the command line and from files. */
import { existsSync, readFileSync } from 'node:fs'
import { Failure } from '../../schemas/failure.ts'
import { parseVerifierKey, type Verifier } from '../../schemas/note.ts'
import { notesIn } from '../verify/note-file.ts'

/** `flag`: what the file was given for. Throws Failure `misconfigured` that names the file. */
export const textOf = (file: string, flag: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Failure('misconfigured', 'verify.file', `${flag} ${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`, { cause: error })
  }
}

function keysIn(given: string): Verifier[] {
  const own = parseVerifierKey(given)
  if (own !== undefined) return [own]
  if (!existsSync(given)) throw new Failure('misconfigured', 'verify.key', `--key ${given} is neither a verifier key (name+key id+base64, as in keys/notary.pub) nor a file that holds some`)
  const lines = textOf(given, '--key').split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => {
    const key = parseVerifierKey(line)
    if (key === undefined) throw new Failure('misconfigured', 'verify.key', `${given} holds a line that is no verifier key: ${line.slice(0, 80)}`)
    return key
  })
}

/** Verifier keys: each is one, or the name of a file with one a line. Throws Failure `misconfigured`. */
export const keysOf = (given: readonly string[] = []): Verifier[] => given.flatMap(keysIn)

/** Checkpoints in files. Throws Failure `misconfigured` for a file that holds none: it would look as if it had vouched for something. */
export function anchorsOf(files: readonly string[] = []): string[] {
  return files.flatMap((file) => {
    const notes = notesIn(textOf(file, '--anchor'))
    if (notes.length === 0) throw new Failure('misconfigured', 'verify.anchor', `--anchor ${file} holds no checkpoint`)
    return notes
  })
}
