import { readFileSync } from 'node:fs'

/** The package that this file belongs to: one level up in the sources, two in the build. */
function packageRoot(): URL {
  for (const up of ['../', '../../']) {
    const root = new URL(up, import.meta.url)
    try {
      readFileSync(new URL('package.json', root))
      return root
    } catch {
      // Not this level: the build has one folder more.
    }
  }
  throw new Error('package.json of watchkeeper is not where it was installed')
}

export const ROOT = packageRoot()
export const VERSION = (JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as { version: string }).version
