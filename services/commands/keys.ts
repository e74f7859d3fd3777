/** `watchkeeper keys rotate|retire`: another key of keys, while nothing that was sealed is lost. */
import { createLog } from '../../infra/pino/logger.ts'
import { planRotation, retireMaster, type Rotated, rotateMaster } from '../../infra/sealing/master-file.ts'
import type { Config } from '../config/schema.ts'
import { type MasterUse, withMasters } from '../wiring/key-rotation.ts'
import { type CommonOptions, configOf } from './common.ts'
import { noted } from './noted.ts'
import { refuseOtherUser } from './owner.ts'

const audited = ({ data_dir: dataDir }: Config, action: 'key.rotate' | 'key.retire', details: Readonly<Record<string, string>>, work: () => Promise<Rotated | undefined>): Promise<Rotated | undefined> =>
  noted({ action, object: 'key of keys', dataDir, details }, work)

const retire = (config: Config, { path, wrapped }: MasterUse): Promise<Rotated | undefined> => audited(config, 'key.retire', { file: path }, () => retireMaster(path, wrapped))

async function rotate(config: Config, use: MasterUse): Promise<string[]> {
  const { path, isOwn, wrapped } = use
  const plan = await planRotation(path)
  const { from, to } = plan
  const done = await audited(config, 'key.rotate', { file: path, from: from.id, to: to.id }, () => rotateMaster(path, plan, wrapped))
  const said = `${path}: ${to.id} takes the place of ${from.id}; ${done?.rewrapped ?? 0} keys were wrapped anew.`
  if (!isOwn) return [said, `The old key is in ${path}.before. Copy both files to every process that has the old one (it finds them by itself), then end it on each: watchkeeper keys retire.`]
  await retire(config, use)
  return [said, 'The old key was overwritten and removed. A backup of the keys from before opens with a backup of the old key alone.']
}

/** Each key of keys that this configuration uses. */
export async function keysRotate(options: CommonOptions): Promise<number> {
  const config = configOf(options)
  refuseOtherUser(config)
  await withMasters(config, createLog(config.log.level), async (use) => console.log((await rotate(config, use)).join('\n')))
  return 0
}

/** Ends the change: old keys go, once nothing is wrapped with them. */
export async function keysRetire(options: CommonOptions): Promise<number> {
  const config = configOf(options)
  refuseOtherUser(config)
  await withMasters(config, createLog(config.log.level), async (use) => {
    const done = await retire(config, use)
    console.log(done === undefined ? `${use.path}: there is no key from before.` : `${use.path}: the key from before (${done.from}) was overwritten and removed; ${done.rewrapped} more keys were wrapped anew.`)
  })
  return 0
}
