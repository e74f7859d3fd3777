/** Secrets that stand in files: what systemd, Docker and Kubernetes hand to a process. */
import { readFileSync } from 'node:fs'
import { Failure } from '../../schemas/failure.ts'

/** Its text without space around it. Failure `misconfigured` names the setting and the file, never what is in it. */
export function secretFrom(setting: string, file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new Failure('misconfigured', 'secret.file', `${setting} names ${file}, which cannot be read: ${code}. Correct the path, or its owner and mode.`, { cause: error })
  }
  if (text === '') throw new Failure('misconfigured', 'secret.empty', `${setting} names ${file}, which is empty: put the secret in it.`)
  return text
}
