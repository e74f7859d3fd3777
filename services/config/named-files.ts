/** The files that a configuration names for secrets, keys and certificates. */
import { accessSync, constants, statSync } from 'node:fs'

/** TLS files are told by where they stand; all others by their names. */
const IN_TLS: ReadonlySet<string> = new Set(['key', 'cert', 'ca', 'client_ca'])

export interface NamedFile {
  /** As in the configuration: `alerting.receivers[0].secret_file`. */
  readonly setting: string
  readonly file: string
}

/** Every file that is named anywhere below `value`. */
export function namedFiles(value: unknown, setting = ''): readonly NamedFile[] {
  if (Array.isArray(value)) return value.flatMap((each, at) => namedFiles(each, `${setting}[${at}]`))
  if (typeof value !== 'object' || value === null) return []
  const inTls = setting.endsWith('.tls')
  return Object.entries(value).flatMap(([name, each]: [string, unknown]) => {
    const at = setting === '' ? name : `${setting}.${name}`
    if (typeof each !== 'string') return namedFiles(each, at)
    return name.endsWith('_file') || (inTls && IN_TLS.has(name)) ? [{ setting: at, file: each }] : []
  })
}

/** Why this user cannot read it or nothing is in it; '' where there is no reason. */
function whyNot(file: string): string {
  try {
    accessSync(file, constants.R_OK)
    const facts = statSync(file)
    if (facts.isDirectory()) return 'which is a folder'
    return facts.isFile() && facts.size === 0 ? 'which is empty' : ''
  } catch (error) {
    return `which cannot be read: ${(error as NodeJS.ErrnoException).code}`
  }
}

/** A sentence for each that a start could not use. What is in them is not looked at. */
export const unusableFiles = (config: unknown): readonly string[] => namedFiles(config).flatMap(({ setting, file }) => {
  const why = whyNot(file)
  return why === '' ? [] : [`${setting} names ${file}, ${why}. Correct the path, or its owner and mode.`]
})
