/** Switching off what protects or records, and destroying traces. */
import type { Command } from '../../shell/command.ts'
import { anyOf, oneOf } from '../../shell/pattern.ts'
import type { CommandRule } from '../command-rule.ts'
import { LOG_PATH } from './paths.ts'
import { writtenPaths } from './persistence.ts'

const GUARDS = anyOf(/audit|syslog|journald|firewall|ufw|iptables|falcon|falco|clamav|clamd|apparmor|crowdstrike|sentinel/,
  /cbagent|cbdaemon|osquery|wazuh|ossec|sysmon|mdatp|defender|windefend|wdnissvc|wdfilter|sense|mpssvc/,
  /eventlog|wscsvc|security|carbon|cylance|sophos|mcafee|symantec|eset|kaspersky|avast|trend|tanium/,
  /splunk|elastic-?(?:agent|endpoint)|filebeat|winlogbeat|auditbeat|fail2ban|esets|littlesnitch/,
  /blockblock|santa\b|opendns|umbrella|carbonblack|vss|wuauserv|swprv|backup|veeam|sql|mbam|datadog/, /cloudwatch|amazon-ssm|selinux/)
const GUARD_CONFIG = anyOf(
  oneOf(
    'audit audisp rsyslog syslog ufw/ selinux/ apparmor pf\\. nftables iptables security/ libaudit newsyslog logrotate\\.d fail2ban osquery falcon ' +
    'sysmon',
    '/etc/',
  ),
  /\/etc\/(?:suricata|snort|hosts\.(?:allow|deny))|\/var\/lib\/docker\/containers|drivers\\etc\\hosts/,
)
const SWITCHED_OFF = /\b(?:stop|disable|mask|unload|off|delete|bootout|remove|config|terminate|uninstall|detach|start= ?disabled)\b/
const DELETES = ['rm', 'shred', 'srm', 'unlink', 'truncate', 'del', 'erase', 'remove-item', 'ri', 'wipe', 'sdelete', 'clear-content', 'rd', 'rmdir',
  'sdelete64', 'ln', 'chattr', 'dd']

const truncates = (command: Command): boolean => writtenPaths(command).some((path) => LOG_PATH.test(path))
  && (/^(?:echo|cat|:|true|printf|cp|ln|)$/.test(command.program) || command.program === 'truncate')
  && !command.redirects.some((one) => one.operator === '>>') && (command.program === '' || command.args.length === 0
  || /\/dev\/null|^-n|^''|^""|^$/.test(command.line) || command.program === 'echo' || command.program === 'truncate')

export const defence: readonly CommandRule[] = [
  { id: 'firewall-off', severity: 'high', reason: 'opens or switches off the firewall', attack: 'T1686',
    programs: ['iptables', 'ip6tables', 'nft', 'ufw', 'firewall-cmd', 'netsh', 'set-netfirewallprofile', 'pfctl', 'socketfilterfw', 'esxcli',
    'new-netfirewallrule', 'set-netfirewallrule', 'disable-netfirewallrule', 'remove-netfirewallrule', 'new-netfirewallhyperVRule'],
    when: ({ program, line }) => program.includes('netfirewall') ? /false|allow|disable|remove|-enabled/.test(`${program} ${line}`)
      : program === 'netsh' ? /firewall/.test(line) && /off|allow|disable|delete|action=|enable/.test(line) : program === 'esxcli'
      ? /firewall set/.test(line) : program === 'nft' ? /flush ruleset/.test(line) : program === 'ufw'
      ? /^(?:--force )?(?:disable|reset|logging off)|^delete|^allow in/.test(line) && !/^delete (?:rule|\d)/.test(line) : program === 'pfctl'
      ? /^-d\b|-f all/.test(line) : program === 'socketfilterfw' ? /off/.test(line)
      : /(?:^| )(?:-f|--flush)$|(?:^| )-f (?:input|output)?|-p (?:input|forward|output) accept|^-x$/.test(line) && !/ -t nat/.test(line)
      && /(?:^|\s)-F|-P |-X$/.test(line.toUpperCase()) },
  { id: 'guard-stopped', severity: 'high', reason: 'stops a service that protects or records', attack: 'T1685',
    programs: ['systemctl', 'service', 'sc', 'net', 'net1', 'stop-service', 'set-service', 'launchctl', 'rc-service', 'chkconfig', 'update-rc.d',
    'kill', 'killall', 'pkill', 'taskkill', 'stop-process', 'fltmc', 'rmmod', 'wmic', 'esxcli', 'wevtutil', 'initctl', 'invoke-rc.d', 'pssuspend',
    'uninstall-windowsfeature', 'remove-service'],
    line: [GUARDS], when: ({ program, line }) => /^(?:kill|killall|pkill|taskkill|stop-|set-service|remove-service)/.test(program)
      || SWITCHED_OFF.test(line) },
  { id: 'guard-removed', severity: 'high', reason: 'removes software that protects or records', attack: 'T1685',
    programs: ['apt', 'apt-get', 'yum', 'dnf', 'rpm', 'dpkg', 'zypper', 'msiexec', 'pkgutil', 'uninstall-package', 'disable-windowsoptionalfeature',
    'dism', 'remove-windowscapability', 'uninstall'], line: [/remove|purge|erase|-e |\/x|uninstall|disable/,
    anyOf(/falcon|crowdstrike|sentinel|cbagent|carbon|cb-|auditd|rsyslog|sysmon|defender|clam|mdatp|ossec|wazuh/,
    /osquery|firewalld|microsoft-hyper-v|mcafee|sophos/)] },
  { id: 'audit-off', severity: 'high', reason: 'stops the recording of what happens', attack: 'T1685',
    programs: ['auditctl', 'auditpol', 'setenforce', 'spctl', 'csrutil', 'log', 'esxcli', 'logman', 'wevtutil', 'aa-disable', 'aa-teardown',
    'aa-complain', 'fsutil', 'set-mailboxauditbypassassociation', 'remove-etwtraceprovider', 'disable-etwtraceprovider', 'set-etwtraceprovider',
    'aureport'],
    when: ({ program, line }) => /^(?:aa-|remove-|disable-|set-)/.test(program)
      || (program === 'auditctl' ? /^-d|-e ?0|^-r /.test(line) : program === 'auditpol' ? /\/clear|\/remove|disable|\/restore/.test(line)
      : program === 'setenforce' ? /^(?:0|permissive)/.test(line) : program === 'spctl' ? /disable/.test(line) : program === 'csrutil'
      ? /disable/.test(line) : program === 'log' ? /erase/.test(line) : program === 'logman' ? /stop|delete|update .{0,40}--p/.test(line)
      : program === 'fsutil' ? /usn deletejournal|8dot3|behavior set/.test(line) : program === 'wevtutil'
      ? /^(?:cl|clear-log|sl .{0,80}\/e:false)/.test(line) : /syslog config|audit/.test(line) && /set|reset|delete/.test(line)) },
  { id: 'cloud-trail-off', severity: 'critical', reason: 'stops the log of a cloud account', attack: 'T1685.002',
    programs: ['aws', 'gcloud', 'az', 'remove-azdiagnosticsetting', 'pacu'],
    line: [anyOf(/cloudtrail (?:stop-logging|delete-trail|put-event-selectors|update-trail)/,
    /logs delete-log-(?:group|stream)|delete-flow-logs|delete-detector|delete-configuration-recorder/,
    /logging sinks (?:delete|update)|logging logs delete|diagnostic-settings delete/,
    /delete-eventhub|eventhubs? .{0,40}delete|guardduty update-detector/)] },
  { id: 'defender-weakened', severity: 'high', reason: 'weakens the antivirus', attack: 'T1685',
    programs: ['set-mppreference', 'add-mppreference', 'remove-mppreference', 'mpcmdrun', 'set-mpsignature', 'uninstall-windowsfeature', 'sppsvc',
    'wdeg', 'xmrig', 'set-processmitigation', 'set-smartscreen'], when: ({ program, line }) => program !== 'mpcmdrun'
    || /-removedefinitions|-disable|-downloadfile|-restore/.test(line) },
  { id: 'history-cleared', severity: 'high', reason: 'erases or stops the history of commands', attack: 'T1070.003',
    programs: ['history', 'unset', 'export', 'set', 'clear-history', 'set-psreadlineoption', 'fc', 'shopt', 'declare', 'setopt', 'unsetopt',
    'setterm'],
    when: ({ program, line }) => program === 'clear-history' || (program === 'history' ? /^-c/.test(line) : program === 'set-psreadlineoption'
      ? /savenothing|historysavepath/.test(line) : program === 'set' ? /\+o history/.test(line) : program === 'unset'
      ? /histfile|histsize/.test(line) : program === 'export' || program === 'declare'
      ? /histfile=(?:\/dev\/null|"?"?$)|hist(?:file)?size="?0|histcontrol="?ignore(?:space|both)|histignore=["']?\*/.test(line)
      : /histfile/.test(line)) },
  { id: 'history-variable', severity: 'high', reason: 'sends the history of commands nowhere', attack: 'T1070.003', programs: [],
    when: (command) => command.assignments.some((one) =>
    /^(?:HISTFILE=(?:\/dev\/null|["']?$)|HIST(?:FILE)?SIZE=["']?0|HISTCONTROL=["']?ignore(?:space|both))/.test(one)) },
  { id: 'log-deleted', severity: 'high', reason: 'deletes or empties logs or the history of commands', attack: 'T1070', programs: DELETES,
    line: [LOG_PATH], when: (command) => (command.program !== 'ln' || /\/dev\/null/.test(command.line))
    && (command.program !== 'chattr' || /\+i/.test(command.line)) && (command.program !== 'dd' || /of=\S{0,60}(?:log|hist|tmp)/.test(command.line)) },
  { id: 'log-overwritten', severity: 'high', reason: 'overwrites logs or the history of commands', attack: 'T1070.002', programs: [],
    when: truncates },
  { id: 'log-overwritten-by-copy', severity: 'high', reason: 'overwrites logs with nothing', attack: 'T1070.002',
    programs: ['cp', 'cat', 'tee', 'sed'], when: ({ program, line }) => LOG_PATH.test(line)
    && (program === 'sed' ? /(?:^| )-i/.test(line) : /\/dev\/null \S/.test(line)) },
  { id: 'event-log-cleared', severity: 'critical', reason: 'clears an event log', attack: 'T1685.005',
    programs: ['clear-eventlog', 'remove-eventlog', 'limit-eventlog', 'wevtutil', 'wmic', 'clear-winevent', 'journalctl'],
    when: ({ program, line }) => program === 'wevtutil' ? /(?:^| )(?:cl|clear-log)\b/.test(line) : program === 'wmic' ? /nteventlog/.test(line)
    && /clear/.test(line) : program !== 'journalctl' || /--vacuum-(?:time|size)=\d{1,2}[smk]?\b|--vacuum-size=1\b/.test(line)
    && /=1s|=1k|=0/.test(line) },
  { id: 'quarantine-mark-removed', severity: 'high', reason: 'removes the mark of a downloaded file', attack: 'T1553.001',
    programs: ['xattr', 'unblock-file'], when: ({ program, line }) => program === 'unblock-file'
    || /-\w{0,3}d\w? com\.apple\.quarantine|-\w{0,2}c/.test(line) && /quarantine/.test(line) },
  { id: 'guard-configured', severity: 'high', reason: 'rewrites the configuration of logging or protection', attack: 'T1685', programs: [],
    when: (command) => writtenPaths(command).some((path) => GUARD_CONFIG.test(path)) },
  { id: 'trust-added', severity: 'high', reason: 'makes the machine trust another certificate authority', attack: 'T1553.004',
    programs: ['cp', 'mv', 'install', 'curl', 'wget', 'tee', 'certctl', 'trust'],
    line: [/\/usr\/(?:local\/)?share\/(?:certs|ca-certificates)|\/etc\/pki\/ca-trust|^rehash|^anchor |\/etc\/ssl\/certs/],
    when: ({ program, line }) => /\.(?:crt|pem|cer)\b/.test(line) || program === 'certctl' },
  { id: 'trust-changed', severity: 'high', reason: 'makes the machine trust another certificate authority', attack: 'T1553.004',
    programs: ['certutil', 'import-certificate', 'security', 'update-ca-certificates', 'update-ca-trust', 'move-item', 'bcdedit', 'mount-diskimage',
    'certmgr'], when: ({ program, line }) => program === 'certutil' ? /-addstore|-importpfx|-a -n/.test(line) && !/-d path/.test(line)
    : program === 'security' ? /add-trusted-cert/.test(line) : program === 'import-certificate' ? /root|trusted/.test(line)
    : program === 'move-item' ? /cert:\\/.test(line) : program === 'bcdedit' ? /\/set/.test(line)
    && /testsigning|nointegritychecks|safeboot|debug|bootstatuspolicy|recoveryenabled|hypervisor/.test(line) : program === 'mount-diskimage' },
  { id: 'policy-loosened', severity: 'medium', reason: 'lets any script run', attack: 'T1059.001', programs: ['set-executionpolicy'],
    line: [/bypass|unrestricted/] },
  { id: 'times-forged', severity: 'medium', reason: 'gives a file the times of another', attack: 'T1070.006',
    programs: ['touch', 'set-itemproperty', 'timestomp', 'setfile'], when: ({ program, line }) => program === 'timestomp' || program === 'setfile'
    || (program === 'touch' ? /(?:^| )-\w{0,3}r /.test(line) && /\/bin\/|\/etc\/|\/var\//.test(line)
    : /(?:creation|lastwrite|lastaccess)time/.test(line)) },
  { id: 'hidden', severity: 'medium', reason: 'hides files, accounts or windows from people', attack: 'T1564',
    programs: ['attrib', 'chflags', 'setfile', 'set-content', 'add-content', 'powershell', 'pwsh', 'defaults', 'subst', 'set-mailbox',
    'new-inboxrule', 'start-process'], when: ({ program, line, args }) => program === 'attrib' ? /\+[sh]\b|-r /.test(line) : program === 'chflags'
    ? /hidden/.test(line) : /^(?:set|add)-content$/.test(program) ? /-stream\b/.test(line) : program === 'defaults'
    ? /appleshowallfiles|hide500users|dsdontwrite|loginwindow/.test(line) && /write/.test(line) && !/true|yes/.test(line)
    : /^(?:powershell|pwsh|start-process)$/.test(program) ? args.some((word) => /^hidden$/i.test(word)) : program === 'new-inboxrule' },
  { id: 'stream-written', severity: 'high', reason: 'hides data in an alternate stream of a file', attack: 'T1564.004', programs: [],
    when: (command) => writtenPaths(command).some((path) => /[^:\\/]\.\w{2,4}:[\w.$-]{0,20}[a-z][\w.$-]{0,40}$/.test(path) && !path.includes('//')) },
  { id: 'recovery-off', severity: 'critical', reason: 'destroys the copies that a system recovers from', attack: 'T1490',
    programs: ['vssadmin', 'wmic', 'wbadmin', 'bcdedit', 'diskshadow', 'reagentc', 'get-wmiobject', 'gwmi', 'get-ciminstance', 'tmutil',
    'disable-computerrestore', 'vim-cmd', 'delete-vm', 'remove-azrecoveryservicesvault'],
    when: ({ program, line }) => program === 'disable-computerrestore'
    || (/delete|resize shadowstorage|recoveryenabled|ignoreallfailures|\/disable|removeall|thinlocal|snapshot\.remove/.test(line)
    && !/^list/.test(line)) || (/wmiobject|gwmi|ciminstance/.test(program) && /shadowcopy/.test(line)) },
]
