/** Reading what opens other doors: keys, password stores, memory of the login process, tokens of the cloud. */
import type { Command } from '../../shell/command.ts'
import { anyOf } from '../../shell/pattern.ts'
import { type CommandRule, DATA_PROGRAMS } from '../command-rule.ts'
import { CREDENTIAL_PATH, METADATA_HOST } from './paths.ts'

/** Programs that use a key in its place or only look at its name. */
const HANDLES = new Set(['ls', 'stat', 'chmod', 'chown', 'ssh', 'ssh-add', 'ssh-keygen', 'ssh-copy-id', 'mkdir', 'touch', 'rm', 'mv', 'export',
  'kubectl', 'helm', 'docker', 'aws', 'gcloud', 'find', 'file', 'sudo', 'env', 'xargs', 'dir', 'cd', 'sftp', 'mosh', 'autossh', 'git', 'ansible',
  'ansible-playbook', 'rsync', 'scp', 'pip', 'npm', 'yarn', 'terraform', 'icacls', 'shred', 'keepassxc-cli', 'keepassxc', 'keepass2', 'history',
  'vim', 'vi', 'nano', 'code', 'psql', 'mysql'])
const reads = (command: Command): boolean => !HANDLES.has(command.program) && !DATA_PROGRAMS.has(command.program)
/** `scp -i KEY` uses a key, `scp KEY host:` takes it. */
const takes = (command: Command): boolean => command.args.some((word, at) => !/^-[iFS]$|^-e$/.test(command.args[at - 1] ?? '')
  && !word.startsWith('-') && CREDENTIAL_PATH.test(word.toLowerCase()))
/** Searches through trees, for what keys look like or are called. */
const WHOLE = /(?:^| )-\w{0,5}r|--include|-recurse|\/s|-i?name |(?:^| )\/s(?: |$)|\/si/
const KEYS = anyOf(/begin .{0,20}private key|akia|cpassword|\bid_(?:rsa|dsa|ed25519)\b(?!\.pub)/, /\.(?:pfx|p12|ppk|kdbx|ovpn|kirbi)\b|aws_secret/,
  /(?:^| )["']?\W{0,3}pass(?:word|wd)?\W{0,6} .{0,30}(?:\/home|\/users| \/ | \/$|c:\\)|\/si pass/,
  /(?:^| )["']?\W{0,3}(?:api|secret|access|private)[_-]?(?:key|token)s?\W{0,6} (?:-\S{1,40} ){0,4}(?:~|\/|\$home|\/home\S{0,40}|\/users\S{0,40}|c:\\)\/?(?: |$)/)

const DUMPERS = ['mimikatz', 'mimipenguin', 'lazagne', 'rubeus', 'kerbrute', 'nanodump', 'pypykatz', 'dumpert', 'handlekatz', 'secretsdump',
  'secretsdump.py', 'gsecdump', 'pwdump', 'fgdump', 'wce', 'safetykatz', 'sharpkatz', 'sharpdpapi', 'sharpchrome', 'sharpweb', 'webbrowserpassview',
  'certipy', 'certify', 'ntdsutil', 'quarkspwdump', 'creddump', 'hekatomb', 'gettgt.py', 'getuserspns.py', 'getnpusers.py', 'trufflehog3',
  'browserpasswords', 'keethief']

const KEYS_WATCHED = /getasynckeystate|get-keystrokes|setwindowshookex|xinput test|logkeys|pam_tty_audit|keylog/

export const credentials: readonly CommandRule[] = [
  { id: 'credential-file', severity: 'high', reason: 'reads a file of keys or passwords', attack: 'T1552.001', programs: [],
    line: [CREDENTIAL_PATH], when: (command) => reads(command) && !/^(?:useradd|usermod|passwd|pwck|vipw|visudo|getent)$/.test(command.program) },
  { id: 'credential-file-copied', severity: 'high', reason: 'copies keys or passwords elsewhere', attack: 'T1552.004',
    programs: ['scp', 'rsync', 'sftp', 'mv'], line: [CREDENTIAL_PATH], when: takes },
  { id: 'credential-file-input', severity: 'high', reason: 'feeds a file of keys or passwords to a program', attack: 'T1552.001', programs: [],
    when: (command) => command.redirects.some((one) => one.operator === '<' && CREDENTIAL_PATH.test(one.target.toLowerCase())) },
  { id: 'credential-search', severity: 'medium', reason: 'searches whole directories for keys or passwords', attack: 'T1552.001',
    programs: ['grep', 'egrep', 'rg', 'findstr', 'select-string', 'find', 'get-childitem', 'dir', 'fgrep'],
    when: ({ line }) => WHOLE.test(line) && KEYS.test(line) },
  { id: 'cloud-metadata', severity: 'high', reason: 'asks the cloud metadata service', attack: 'T1552.005', programs: [], line: [METADATA_HOST],
    when: (command) => !DATA_PROGRAMS.has(command.program) && !/^(?:iptables|ip|route|ping)$/.test(command.program) },
  { id: 'process-memory', severity: 'critical', reason: 'dumps the memory of the login process', attack: 'T1003.001', programs: [],
    line: [/lsass|minidump|comsvcs|sekurlsa|lsadump|dcsync|logonpasswords/],
    when: (command) => !/^(?:tasklist|echo|findstr|git|grep)$/.test(command.program) },
  { id: 'process-memory-unix', severity: 'high', reason: 'reads the memory of another process', attack: 'T1003.007', programs: [],
    when: (command) => /\/proc\/\S{1,40}\/(?:mem|maps)\b/.test(command.line) || (/^gcore$/.test(command.program))
    || (command.program === 'gdb' && /dump memory|-p(?:id)? /.test(command.line) && /dump/.test(command.line)) },
  { id: 'registry-hives', severity: 'critical', reason: 'saves the registry hives that hold password hashes', attack: 'T1003.002',
    programs: ['reg', 'reg-save', 'esentutl', 'copy', 'copy-item', 'cp'],
    line: [/\b(?:save|export|\/y|copy|config|system32)\b/,
    /hk(?:lm|ey_local_machine)\\(?:sam|security|system)\b|config\\(?:sam|security|system)\b|ntds/] },
  { id: 'directory-database', severity: 'critical', reason: 'copies the database of a domain', attack: 'T1003.003',
    programs: ['ntdsutil', 'vssadmin', 'diskshadow', 'wbadmin', 'esentutl', 'wmic', 'dsdbutil'],
    line: [/ifm|create shadow|ntds|shadowcopy call create|\/s .{0,80}\.txt|start backup|recovery|\/vss|snapshot/] },
  { id: 'credential-dumper', severity: 'critical', reason: 'is a tool that collects passwords', attack: 'T1003', programs: DUMPERS },
  { id: 'credential-manager', severity: 'high', reason: 'takes stored passwords out of the system', attack: 'T1555',
    programs: ['cmdkey', 'vaultcmd', 'security', 'rundll32', 'secret-tool', 'findmyhash', 'gpg'],
    line: [anyOf(/\/list|\/listcreds|listproperties|dump-keychain|find-(?:generic|internet)-password|export -k|keymgr/,
    /krshowkeymgr|dpapi|(?:^| )search --all|unlock-keychain|--export-secret/)] },
  { id: 'keylogger', severity: 'high', reason: 'records what is typed', attack: 'T1056.001', programs: [],
    when: (command) => KEYS_WATCHED.test(`${command.program} ${command.line}`) && !DATA_PROGRAMS.has(command.program) },
  { id: 'password-prompt', severity: 'high', reason: 'asks a person for a password under a pretext', attack: 'T1056.002', programs: [],
    when: (command) => /promptforcredential/.test(`${command.program} ${command.line}`)
    || (command.program === 'osascript' && /hidden answer|password/.test(command.line)) },
  { id: 'sniffing', severity: 'medium', reason: 'captures traffic on the quiet', attack: 'T1040',
    programs: ['netsh', 'pktmon', 'tshark', 'dumpcap', 'windump'], line: [/trace start|pktmon|^start|-w .{0,80}\.pcap.{0,20}-a|capture=yes/] },
  { id: 'kubernetes-secrets', severity: 'medium', reason: 'lists the secrets of a cluster in full', attack: 'T1552.007',
    programs: ['kubectl', 'oc'], line: [/(?:get|describe) secrets?\b/, /-o|--all-namespaces|-a\b|describe/],
    when: (command) => /-o ?=?(?:yaml|json|go-template|jsonpath)|(?:--all-namespaces|-a\b)/.test(command.line) },
]
