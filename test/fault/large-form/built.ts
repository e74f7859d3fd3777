/** Files of the build: what is started as a process is JavaScript, whether this runs from the build or from the sources. */
import { fileURLToPath } from 'node:url'

const BUILD = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/' : '../../../', import.meta.url)

/** `path` from the repository, with the ending `.ts`. */
export const built = (path: string): string => fileURLToPath(new URL(path.replace(/\.ts$/, '.js'), BUILD))
