/** What services stand on. Each thing is opened when a service first asks for it, so a process holds only what its services need. */
import { openApiToken } from '../../infra/keys/api-token.ts'
import { openKeyedHash, openSharedKeyedHash } from '../../infra/keys/key-file.ts'
import { Failure } from '../../schemas/failure.ts'
import type { KeyedHash, Log, Snapshots } from '../../schemas/ports.ts'
import type { Config } from '../config/schema.ts'
import { makeDirectory } from './make-directory.ts'
import { type OpenBus, openBus } from './open-bus.ts'
import { openSnapshots } from './open-snapshots.ts'
import { type OpenStore, openConfiguredStore } from './open-store.ts'
import { kafkaOf, type StartWait } from './start-wait.ts'

export interface Foundation {
  readonly bus: OpenBus
  readonly apiToken: string
  store(): Promise<OpenStore>
  /** Undefined while nobody has asked for one. */
  readonly opened: { readonly store: OpenStore | undefined }
  snapshots(): Promise<Snapshots>
  keyedHash(): Promise<KeyedHash>
  /** Lets go of everything, in the right order. Safe twice. */
  close(): Promise<void>
}

/** Asks once, whoever asks how often. */
function once<T>(open: () => Promise<T>): { get(): Promise<T>; readonly begun: Promise<T> | undefined } {
  let begun: Promise<T> | undefined
  return {
    get: () => (begun ??= open()),
    get begun() {
      return begun
    },
  }
}

/** Opens the bus; throws Failure `misconfigured`, or `unavailable` when it was waited for in vain, and leaves nothing open. */
export async function openFoundation(config: Config, log: Log, wait: StartWait): Promise<Foundation> {
  makeDirectory(config.data_dir)
  const apiToken = openApiToken(config.data_dir)
  const bus = await openBus(config, log, wait)
  const opened: { store: OpenStore | undefined } = { store: undefined }
  const store = once(async () => (opened.store = await openConfiguredStore(config, log, wait)))
  const snapshots = once(async () => await openSnapshots(config, log, wait, bus))
  const keyedHash = once(() => wait.until(kafkaOf(config), () => sharedKey(config, () => snapshots.get().then((open) => open.snapshots))))
  return {
    bus, apiToken, opened,
    store: store.get,
    snapshots: async () => (await snapshots.get()).snapshots,
    keyedHash: keyedHash.get,
    async close() {
      await bus.bus.close()
      await snapshots.begun?.then((open) => open.close(), () => undefined)
      await store.begun?.then((open) => open.store.close(), () => undefined)
    },
  }
}

const KEY_CHECK = 'installation-key'
const KEY_CHECK_VERSION = 1

/** Processes that do not share the secret would make different fingerprints of one value: the first of an installation leaves one to compare with. */
async function sharedKey({ bus, keys, data_dir: dataDir }: Config, snapshots: () => Promise<Snapshots>): Promise<KeyedHash> {
  const { keyed_hash_file: file } = keys
  const hash = file === undefined ? await openKeyedHash(dataDir) : await openSharedKeyedHash(file)
  if (bus.kafka === undefined) return hash
  const state = Buffer.from(hash.of('', 'content', KEY_CHECK))
  const kept = await snapshots()
  if ((await kept.load(KEY_CHECK)) === undefined) await kept.save(KEY_CHECK, { version: KEY_CHECK_VERSION, nextOffset: 0, state })
  // Of several that began at once one has won.
  const first = await kept.load(KEY_CHECK)
  if (first !== undefined && !first.state.equals(state)) {
    throw new Failure('misconfigured', 'keys.other', `The key in ${file ?? `${dataDir}/keys/keyed-hash.key`} is not the one that this installation began with ` +
      '(same brokers, same prefix): copy that file from the first process, and name it in keys.keyed_hash_file.')
  }
  return hash
}
