/** What commands do to the world, so that a tool that runs them can be compared with one that has a name for it. */
import type { Effect } from '../../schemas/vocabulary.ts'
import type { Command, Script } from './command.ts'
import { destructionOf } from './destruction.ts'
import { onlyLooks } from './looking.ts'

const SENDERS = new Set(['scp', 'sftp', 'rsync', 'ftp', 'tftp', 'nc', 'ncat', 'netcat', 'socat', 'mail', 'mailx', 'mutt', 'sendmail', 'swaks', 'rclone', 'send-mailmessage'])
const WEB = new Set(['curl', 'wget', 'http', 'https', 'iwr', 'irm', 'invoke-webrequest', 'invoke-restmethod'])
const WEB_BODY = /(?:^| )(?:-d|-t|--data\S{0,12}|-f|--form\S{0,8}|--upload-file|--post-\w{4}|--body-\w{4}|-body|-infile|--json)(?: |=|$)|-x ?(?:post|put|patch)|-method (?:post|put|patch)/
const WEB_DELETE = /-x ?delete|--request[ =]delete|-method delete/
const WRITERS = new Set(['cp', 'mv', 'tee', 'install', 'touch', 'mkdir', 'ln', 'dd', 'sed', 'patch', 'copy', 'move', 'xcopy', 'set-content', 'add-content', 'out-file', 'new-item', 'copy-item',
  'move-item', 'truncate'])
const GRANTERS = new Set(['chmod', 'chown', 'chgrp', 'setfacl', 'usermod', 'useradd', 'adduser', 'passwd', 'visudo', 'icacls', 'add-localgroupmember', 'net', 'gpasswd'])
const GRANTS = /\b(?:add-iam-policy-binding|attach-(?:user|role|group)-policy|put-(?:user|role|bucket)-policy|create-access-key|role assignment create|create (?:role|cluster)\S{0,8}binding|grant\s)/

function add({ program, line, redirects }: Command, to: Set<Effect>): void {
  if (WEB.has(program)) to.add(WEB_DELETE.test(line) ? 'delete' : WEB_BODY.test(line) ? 'send' : 'read')
  if (SENDERS.has(program) || (program === 'git' && /^push\b/.test(line)) || (program === 'aws' && /^s3 (?:cp|mv|sync) .*s3:/.test(line))) to.add('send')
  if (WRITERS.has(program) || redirects.some((one) => one.operator.startsWith('>') && !/^(?:\/dev\/|\d$|nul$)/i.test(one.target))) to.add('write')
  if (GRANTERS.has(program) || GRANTS.test(`${program} ${line} `)) to.add('grant')
}

/** All effects that the commands of a script are known to have; `execute` stands for what is not known. */
export function effectsOfScript({ commands }: Script): ReadonlySet<Effect> {
  const effects = new Set<Effect>()
  for (const command of commands) {
    const before = effects.size
    if (destructionOf(command).tier > 0) effects.add('delete')
    add(command, effects)
    if (effects.size === before) effects.add(onlyLooks(command) ? 'read' : 'execute')
  }
  return effects
}
