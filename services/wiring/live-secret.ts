/** A secret that stands in a file, read again when the file is another: keys are changed without a new start. */
import { statSync } from 'node:fs'
import { Failure } from '../../schemas/failure.ts'
import type { Log } from '../../schemas/ports.ts'
import { secretFrom } from './secret-file.ts'

export interface SecretFile<T> {
  /** Where it is named, for people. */
  readonly setting: string
  readonly file: string
  /** Throws where the text is no such secret; the error must not hold it. */
  parse(text: string): T
  /** What a right one looks like. */
  readonly form: string
}

/** Follows symbolic links, which is how Kubernetes swaps a secret. '' where there is none. */
function stampOf(file: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true })
    return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`
  } catch {
    return ''
  }
}

function read<T>({ setting, file, parse, form }: SecretFile<T>): T {
  const text = secretFrom(setting, file)
  try {
    return parse(text)
  } catch (error) {
    throw new Failure('misconfigured', 'secret.form', `${setting} names ${file}, which does not hold ${form}.`, { cause: error })
  }
}

/**
 * What the file says now. Throws Failure `misconfigured` where it cannot be used at the start; later the last good one stays in force, and the
 * log says so once for each change.
 */
export function liveSecret<T>(source: SecretFile<T>, log: Log): () => T {
  let stamp = stampOf(source.file)
  let value = read(source)
  return () => {
    const now = stampOf(source.file)
    if (now === stamp) return value
    stamp = now
    try {
      value = read(source)
      log.info({ setting: source.setting, file: source.file }, 'a secret has changed and is in use')
    } catch (error) {
      log.error({ reason: (error as Error).message }, 'a secret has changed and cannot be used: the one before stays in force')
    }
    return value
  }
}
