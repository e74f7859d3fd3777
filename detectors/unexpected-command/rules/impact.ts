/** Destroying, taking over and carrying off. */
import type { Command, Script } from '../../shell/command.ts'
import { anyOf, oneOf } from '../../shell/pattern.ts'
import { type CommandRule, DATA_PROGRAMS } from '../command-rule.ts'
import { CREDENTIAL_PATH } from './paths.ts'

const ROOTS = new RegExp(anyOf(
  /\/\*?|~\/?\*?|\$home\/?\*?|--no-preserve-root/, /\/(?:etc|usr|bin|boot|var|home|lib|root|opt|sbin|users|system|library)\/?\*?/,
  /[c-z]:\\?\*?|%systemdrive%\\?\S{0,16}|%userprofile%\\?\*?|%systemroot%\S{0,16}|\$env:\w+\\?\*?/,
).source.replace(/^/, '(?:^| )["\']?(?:').concat(')["\']?(?: |$)'))
const DISK = /\/dev\/(?:r?disk\d|[sv]d[a-z]\b|nvme\d|xvd[a-z]|hd[a-z]\b|mmcblk\d|mem\b|kmem\b)|\\\\\.\\physicaldrive/
const SENDERS = new Set(['curl', 'wget', 'nc', 'ncat', 'netcat', 'socat', 'scp', 'sftp', 'ftp', 'tftp', 'rsync', 'rclone', 'ssh', 'mail', 'mutt',
  'sendmail', 'telnet', 'http', 'iwr', 'irm', 'invoke-webrequest', 'invoke-restmethod', 'openssl', 'nslookup', 'dig', 'host', 'ping', 'whois',
  'finger'])
/** Services where files can be left without a name. */
const DROPS = oneOf(
  'file\\.io transfer\\.sh 0x0\\.st pastebin\\.com paste\\.ee ix\\.io termbin\\.com webhook\\.site requestbin pipedream\\.net gofile\\.io ' +
  'anonfiles ngrok(?:-free)?\\.(?:io|app|dev) bashupload catbox\\.moe burpcollaborator oast\\.(?:fun|pro|live|site|me|online) interact\\.sh ' +
  'hastebin dpaste sprunge dnslog discord(?:app)?\\.com/api/webhooks api\\.telegram\\.org/bot trycloudflare\\.com',
  '\\b',
)
const SECRET_WORD = /\/etc\/passwd|\benv\b|printenv|\.env\b/

const REMOTE_PRODUCTS =
  'anydesk teamviewer ultraviewer rustdesk ammyy logmein screenconnect splashtop netsupport meshagent atera gotoassist dwagent action1'
const REMOTE_CONTROL_FILE = oneOf(REMOTE_PRODUCTS)
const REMOTE_CONTROL = oneOf(
  `${REMOTE_PRODUCTS} supremo client32 rutserv rutview rfusclient dwservice remcom radmin aeroadmin zohoassist quasar simplehelp`, '^', '\\w{0,20}$',
)

const inner = (command: Command, script: Script): Command[] => script.commands.filter((one) => one.inside === command.index
  && one.place === 'substitution')
const upstream = (command: Command, script: Script): Command[] => {
  const sources: Command[] = []
  for (let source = script.commands[command.from]; source !== undefined
    && sources.length < 6; source = script.commands[source.from]) sources.push(source)
  return sources
}

/** Secrets, or something packed or encoded, in the pipe or substitution that feeds a sender. */
function carriesOff(command: Command, script: Script): boolean {
  const feeds = [...upstream(command, script), ...inner(command, script).flatMap((one) => [one, ...upstream(one, script)])]
  const secret = feeds.some((one) => !DATA_PROGRAMS.has(one.program) && (CREDENTIAL_PATH.test(one.line)
    || SECRET_WORD.test(`${one.program} ${one.line}`)))
  const encoded = feeds.some((one) => !/^(?:echo|printf)$/.test(script.commands[one.from]?.program ?? '')
    && /^(?:base64|xxd|gpg|openssl|od|hexdump|uuencode)$/.test(one.program) && !/-d\b|--decode|-r\b/.test(one.line))
  if (/^(?:nslookup|dig|host|ping|whois|finger)$/.test(command.program)) return feeds.some((one) =>
    !/^(?:echo|seq|hostname|date|cat|awk|sed|cut|head|grep|host|dig|ip|sort|uniq)$/.test(one.program)) && (secret || encoded)
  if (command.program === 'ssh' || command.program === 'openssl' || command.program === 'mail') return secret
  return secret || (encoded && SENDERS.has(command.program))
}

const uploads = (command: Command): boolean =>
  /(?:^| )(?:-t|--upload-file|--post-file|--body-file)[ =]|(?:-d|--data\S{0,12}|-f|--form\S{0,8}) ?=?\S{0,30}@/.test(command.line)
  && (CREDENTIAL_PATH.test(command.line) || /\/etc\/(?:passwd|shadow|hosts)|\.env\b/.test(command.line))

export const impact: readonly CommandRule[] = [
  { id: 'delete-everything', severity: 'critical', reason: 'deletes a home, a system directory or a whole drive', attack: 'T1485',
    programs: ['rm', 'del', 'erase', 'rd', 'rmdir', 'remove-item', 'ri', 'shred', 'format', 'format-volume', 'clear-disk'], line: [ROOTS],
    when: ({ program, line }) => program.startsWith('format') || program === 'clear-disk'
    || (program === 'rm' || program === 'shred' ? /(?:^| )-\w{0,6}r|--recursive|--no-preserve/.test(line) : /\/s|-recurse|-r\b/.test(line)) },
  { id: 'disk-overwritten', severity: 'critical', reason: 'overwrites a disk', attack: 'T1561',
    programs: ['dd', 'shred', 'wipefs', 'cat', 'cp', 'badblocks', 'hdparm', 'blkdiscard', 'sgdisk'],
    when: (command) => command.redirects.some((one) => one.operator === '>' && DISK.test(one.target.toLowerCase()))
    || (command.program === 'dd' && /if=\/dev\/(?:zero|u?random)/.test(command.line)
    && /of=\/dev\/(?:[shv]d|nvme|disk)|of=\/(?:var|tmp|boot|etc|home)\S{0,40}/.test(command.line)
    && !/sdx|disk_device|path\/to/.test(command.line)) },
  { id: 'disk-filled-or-encrypted', severity: 'high', reason: 'encrypts or wipes files as ransomware does', attack: 'T1486',
    programs: ['cipher', 'manage-bde', 'sdelete', 'sdelete64', 'diskcryptor', 'ccrypt', 'enable-bitlocker'],
    when: ({ program, line }) => program === 'cipher' ? /\/w:"?[a-z]:/.test(line) : program !== 'manage-bde' || /-on|-protectors/.test(line) },
  { id: 'fork-bomb', severity: 'critical', reason: 'multiplies itself until the machine stops', attack: 'T1499',
    programs: [':', 'bomb', 'forkbomb'], when: (command, script) => command.from >= 0
    && script.commands.some((one) => one.program === command.program && one.index !== command.index) && command.program === ':' },
  { id: 'mining', severity: 'high', reason: 'mines coins', attack: 'T1496', programs: [],
    when: (command) => /^(?:xmrig|minerd|cpuminer|ethminer|nbminer|t-rex|xmr-stak|cgminer|phoenixminer)$/.test(command.program)
    || /stratum\+(?:tcp|ssl):/.test(command.line) },
  { id: 'secret-sent', severity: 'critical', reason: 'sends secrets or packed data to another host', attack: 'T1048', programs: [...SENDERS],
    when: carriesOff },
  { id: 'secret-uploaded', severity: 'critical', reason: 'uploads a file of secrets', attack: 'T1048.003', programs: ['curl', 'wget'],
    when: uploads },
  { id: 'dropped-elsewhere', severity: 'high', reason: 'uploads to a place where anybody may leave and fetch files', attack: 'T1567',
    programs: [...SENDERS], line: [DROPS], when: ({ line, from }) => from >= 0
    || /(?:^| )(?:-t|-f|-d|--data\S{0,12}|--form|--upload-file|--post-\w{4}|-body|-infile|-method)\b/.test(line) },
  { id: 'cloud-drop', severity: 'medium', reason: 'sets up a copy to a private cloud drive', attack: 'T1567.002',
    programs: ['rclone', 'megacmd', 'mega-put', 'megatools', 'megaput'], when: ({ program, line }) => program !== 'rclone'
    || /config create|mega|--config .{0,80}(?:temp|tmp|appdata)/.test(line) },
  { id: 'dns-tunnel', severity: 'high', reason: 'carries data in names that it looks up', attack: 'T1071.004',
    programs: ['dnscat', 'dnscat2', 'iodine', 'iodined', 'dns2tcp', 'dns2tcpc', 'invoke-dnsexfiltrator', 'resolve-dnsname', 'start-dnscat2'],
    when: ({ program, line }) => program !== 'resolve-dnsname' || /-type txt|\$/.test(line) },
  { id: 'tunnel', severity: 'high', reason: 'opens a way into the network from outside', attack: 'T1572',
    programs: ['ngrok', 'chisel', 'ligolo', 'frpc', 'cloudflared', 'bore', 'gost', 'plink', 'earthworm', 'netsh', 'devtunnel', 'rpivot', 'revsocks',
    'localtonet', 'tor', 'psiphon'], when: ({ program, line }) => program === 'netsh' ? /portproxy/.test(line) && /add/.test(line)
    : program === 'cloudflared' ? /--url (?:ssh|rdp|tcp)/.test(line) : program === 'ngrok' || program === 'bore' || program === 'devtunnel'
    ? /tcp .{0,20}(?:22|3389|5985)\b|authtoken/.test(line) : program !== 'tor' || /service|--nt-service/.test(line) },
  { id: 'tunnel-reverse', severity: 'medium', reason: 'lets another host reach in through ssh', attack: 'T1572',
    programs: ['ssh', 'plink', 'autossh'], line: [/(?:^| )-\w{0,6}r ?(?:\d|\*|0\.0\.0\.0|localhost:|127)/],
    when: ({ args, line }) => args.some((word) => /^-[a-zA-Z]*R/.test(word)) && /nohup|stricthostkeychecking=no|-fn|-nf/i.test(line) },
  { id: 'remote-control', severity: 'medium', reason: 'installs or starts software for remote control', attack: 'T1219', programs: [],
    when: ({ program, line }) =>
    REMOTE_CONTROL.test(program)
      || (REMOTE_CONTROL_FILE.test(line) && /^(?:start-process|msiexec|invoke-webrequest|iwr|start|cmd|powershell|&)$/.test(program)) },
]
