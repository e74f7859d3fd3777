/** The notary's key, and its anchors as the configuration names them. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { appendNote } from '../../infra/anchor-file/append-file.ts'
import { openNotaryKey, writeVerifierLine } from '../../infra/keys/notary-key.ts'
import { jsonTo, signedOutgoing } from '../../infra/webhook/notifier.ts'
import { guardedPost, type Way } from '../../infra/webhook/post.ts'
import { sharedSecret } from '../../infra/webhook/sign.ts'
import { reachOf } from '../../infra/webhook/target.ts'
import { logOrigin } from '../../schemas/checkpoint.ts'
import { parseVerifierKey, type Verifier, verifierKey } from '../../schemas/note.ts'
import type { AnchorConfig } from '../config/audit.ts'
import type { Config } from '../config/schema.ts'
import type { Anchor, Anchorable, NotaryConfig } from '../notary/contracts.ts'
import { nameOf } from '../notary/desk.ts'
import { systemClock } from './clock.ts'
import { secretFrom } from './secret-file.ts'

/** Witnesses that sign with several keys, post-quantum ones among them, answer with some thousand characters. */
const WITNESS_ANSWER_BYTES = 16_384

export interface NotaryParts {
  readonly config: NotaryConfig
  readonly privateKey: KeyObject
}

/** Opens or makes the key, leaves its public line beside it. Throws Failure `misconfigured`. */
export function notaryParts({ audit, data_dir: dataDir }: Config): NotaryParts {
  const keys = join(dataDir, 'keys')
  const privateKey = openNotaryKey(audit.signing_key_file ?? join(keys, 'notary.key'), audit.signing_key_file === undefined)
  writeVerifierLine(join(keys, 'notary.pub'), verifierKey(logOrigin(nameOf(audit, privateKey)), createPublicKey(privateKey)))
  const { name, accept_key: acceptKey, checkpoint_seconds: checkpointSeconds, checkpoint_events: checkpointEvents } = audit
  return { privateKey, config: { name, acceptKey, checkpointSeconds, checkpointEvents, anchors: audit.anchors.map(anchorOf) } }
}

function anchorOf(anchor: AnchorConfig): Anchor {
  const { name, every_seconds: everySeconds } = anchor
  if (anchor.type === 'file') return { name, everySeconds, kind: 'file', put: ({ note }) => appendNote(anchor.path, note) }
  const reach = reachOf({ allowPrivate: anchor.allow_private, allowNetworks: anchor.allow_networks })
  if (anchor.type === 'webhook') return { name, everySeconds, kind: 'webhook', put: webhookPut(anchor, { reach }) }
  const url = `${anchor.url.replace(/\/$/, '')}/add-checkpoint`
  return {
    // The schema has read the key already.
    name, everySeconds, kind: 'witness', verifier: parseVerifierKey(anchor.key) as Verifier,
    addCheckpoint: (body, signal) => guardedPost(jsonTo(url, body, { 'content-type': 'text/plain; charset=utf-8' }), { reach, answerBytes: WITNESS_ANSWER_BYTES }, signal),
  }
}

/** The message of a checkpoint has the same id however often it is sent. */
function webhookPut(anchor: AnchorConfig & { readonly type: 'webhook' }, way: Way): (checkpoint: Anchorable, signal: AbortSignal) => Promise<void> {
  const secret = anchor.secret ?? secretFrom(`audit.anchors: ${anchor.name}: secret_file`, anchor.secret_file ?? '')
  return async ({ origin, size, root, note }, signal) => {
    const at = systemClock.now()
    const body = JSON.stringify({ type: 'log.checkpoint', timestamp: new Date(Number(at / 1_000_000n)).toISOString(), data: { origin, size, root, note } })
    const { status, text } = await guardedPost(signedOutgoing(anchor.url, [sharedSecret(secret)], { id: `ckpt_${size}_${root.slice(0, 32)}`, at, body }), way, signal)
    if (status === 0) throw new Error(`no answer: ${text}`)
    if (status < 200 || status > 299) throw new Error(`it answered ${status}`)
  }
}
