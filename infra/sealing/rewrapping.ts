/** What is wrapped with the key of keys, wrapped with another one. */
import type { KeyStore, KeyWrapper } from '../../schemas/sealing.ts'
import type { Wrapped } from './master-file.ts'

export const opens = async (wrapper: KeyWrapper, wrapped: Buffer): Promise<boolean> => await wrapper.unwrap(wrapped).then(() => true, () => false)

/** Data keys. `succeeded`: says which key of keys it is from now on, where the store says so. */
export const wrappedKeys = (store: KeyStore, succeeded: Wrapped['succeeded'] = () => Promise.resolve()): Wrapped => ({
  succeeded,
  async rewrap(from, to) {
    const again: string[] = []
    for (const row of (await store.load()).keys) {
      if (await opens(to, row.wrapped)) continue
      await store.add({ ...row, wrapped: await to.wrap(await from.unwrap(row.wrapped)) })
      again.push(row.id)
    }
    // What another process destroyed meanwhile came back with it.
    const { destroyed } = await store.load()
    const gone = again.filter((id) => destroyed.has(id))
    if (gone.length > 0) await store.destroy(gone)
    return again.length
  },
})
