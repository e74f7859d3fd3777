/** The key of keys of a process that runs while another takes its place. */
import type { KeyWrapper } from '../../schemas/sealing.ts'
import { wrapperIn } from './master-file.ts'

/**
 * Looks into the file at `path` again before it wraps, and for what it cannot open: since it was read, somebody may have put the next key of keys there. Goes over to that one only
 * where it is the one that `inForce` names: whatever else stands in the file by mistake would lock the others out.
 */
export function followingWrapper(first: KeyWrapper, path: string, inForce: () => Promise<string | undefined>): KeyWrapper {
  let current = first
  const look = async (): Promise<void> => {
    const found = await wrapperIn(path)
    if (found !== undefined && found.id !== current.id && found.id === await inForce()) current = found
  }
  return {
    get id() {
      return current.id
    },
    async wrap(key) {
      // Without the file it goes on with what it has: others open that until it is retired.
      await look().catch(() => undefined)
      return await current.wrap(key)
    },
    async unwrap(wrapped) {
      return await current.unwrap(wrapped).catch(async () => {
        await look()
        return await current.unwrap(wrapped)
      })
    },
  }
}
