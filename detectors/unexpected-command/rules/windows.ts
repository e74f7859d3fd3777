/** Signed programs of Windows made to run what they were not meant to run, movement to other hosts, and PowerShell that hides. */
import type { Command, Script } from '../../shell/command.ts'
import { anyOf, oneOf } from '../../shell/pattern.ts'
import { type CommandRule, DATA_PROGRAMS } from '../command-rule.ts'

const REMOTE = /https?:|\\\\[\w.$%-]+\\|ftp:/
const USER_PLACE = /\\temp\\|%temp%|\$env:temp|%tmp%|appdata|\\users\\|\\public\\|programdata|downloads|%userprofile%|\\perflogs/

const ADMIN_SHARE = /\\\\[^\\ ]{1,60}\\(?:[a-z]|admin|ipc)\$/

/** Code that only attackers and testers write in PowerShell. */
const POWERSHELL_CODE = anyOf(/amsiutils|amsiinitfailed|amsicontext|amsiscanbuffer|virtualalloc|virtualprotect|createremotethread/,
  /createthread\b|getdelegateforfunctionpointer|getprocaddress|writeprocessmemory|ntcreatethread/,
  /reflection\.assembly\]?::load|assembly\.load|::load\(|dllimport|unsafenativemethods|etwprovider/,
  /system\.management\.automation\.(?:amsi|tracing)/,
  oneOf(
    'mimikatz shellcode reflectivepe kerberoast bloodhound wmiexec smbexec psinject dcsync inveigh tokenman credentialinj ninjacopy portscan ' +
    'sharefinder userhunter powerthirst dnscat sharp\\w+ powershelltcp obfuscation allchecks wscriptuac bypassuac eventvwr runas seatbelt rubeus ' +
    'winpeas keylogger psremoting',
    'invoke-',
  ),
  /out-(?:minidump|encoded|chm|hta|compressed)|sharphound|powersploit|powerview|nishang/,
  /empire\b.{0,20}stager|get-gpppassword/,
  /get-(?:aduser|adcomputer|adobject) .{0,60}(?:doesnotrequirepreauth|serviceprincipalname|ms-mcs-admpwd)/,
  /kerberosrequestorsecuritytoken|copyfromscreen|add-type .{0,30}assemblyname presentationcore/,
  oneOf(
    'mmc20 shell\\.application shellwindows shellbrowser wscript\\.shell internetexplorer excel\\.application outlook word\\.application ' +
    'msxml2 schedule',
    'new-object .{0,3}-comobject .{0,3}',
  ),
  /gettypefromprogid|gettypefromclsid|executeshellcommand|shellexecute|win32_process/,
  /management\.managementclass|invoke-wmimethod|invoke-cimmethod|set-wmiinstance|adsi\]/,
  /directorysearcher|\[char\]\d{2,3}\s?\+|-join\s?\(|frombase64string/,
  /compression\.(?:deflate|gzip)stream|securestringtobstr|passwordvault|credentialcache|cryptunprotect/,
  /smtpclient|send-mailmessage|mailboxexport|new-psdrive .{0,40}filesystem|enter-pssession/,
  /new-pssession|enable-psremoting|set-wsmaninstance|trustedhosts|-encodedcommand/)

const hidesCode = (command: Command, script: Script): boolean => script.dialect === 'powershell'
  && POWERSHELL_CODE.test(`${command.program} ${command.line} ${command.assignments.join(' ').toLowerCase()}`)

const decodes = ({ program, line }: Command): boolean =>
  /^(?:base64|base32|xxd|openssl|uudecode)$/.test(program) && /-\w{0,3}d|--decode|-r\b/.test(line)

const DOUBLE = /\.(?:pdf|docx?|xlsx?|pptx?|jpe?g|png|txt|rtf|csv|mp[34]) ?\.(?:exe|scr|bat|cmd|vbs|js|ps1|lnk|com|pif|dll|hta|sh)\b/

export const windows: readonly CommandRule[] = [
  { id: 'powershell-code', severity: 'high', reason: 'uses PowerShell in the manner of attack tools', attack: 'T1059.001', programs: [],
    when: hidesCode },
  { id: 'powershell-encoded', severity: 'high', reason: 'runs PowerShell that is encoded', attack: 'T1027.010', programs: ['powershell', 'pwsh'],
    when: ({ args }) => args.some((word, at) => /^[-/](?:e|ec|en|enc|enco\w*)$/i.test(word) && (args[at + 1]?.length ?? 0) > 20)
    || args.some((word) => /^[-/]v(?:er\w*)?$/i.test(word)) && args.some((word) => /^2(?:\.0)?$/.test(word)) },
  { id: 'lolbin-download', severity: 'high', reason: 'downloads by a program that is not for it', attack: 'T1105',
    programs: ['certutil', 'bitsadmin', 'certreq', 'desktopimgdownldr', 'esentutl', 'expand', 'extrac32', 'findstr', 'hh', 'ieexec', 'makecab',
    'replace', 'print', 'configsecuritypolicy', 'finger', 'start-bitstransfer', 'msedge', 'appinstaller', 'mpcmdrun', 'diantz', 'squirrel',
    'xwizard', 'cmdl32', 'imewdbld', 'ldifde', 'installutil', 'ftp', 'certoc', 'curl'], when: ({ program, line }) => program === 'certutil'
    ? /urlcache|verifyctl|-url\b/.test(line) : program === 'bitsadmin' ? /transfer|addfile|create|setnotify|resume/.test(line) : program === 'ftp'
    ? /-s:/.test(line) : program === 'curl' ? /c:\\windows\\temp|\$env:temp|%temp%|\\users\\public/.test(line) : program === 'esentutl'
    ? /\/y/.test(line) : program === 'start-bitstransfer' ? /http/.test(line) : program === 'certoc' ? /http|\.dll/.test(line)
    : program === 'findstr' ? /\/v .{0,10}\/l|\\\\\S+\\/.test(line) && />/.test(line) : REMOTE.test(line) },
  { id: 'lolbin-decode', severity: 'medium', reason: 'packs or unpacks code by a certificate tool', attack: 'T1140', programs: ['certutil'],
    line: [/-(?:decode|encode|decodehex|encodehex|f -decode)/] },
  { id: 'lolbin-script', severity: 'high', reason: 'runs a script through a host that is rarely meant to', attack: 'T1218',
    programs: ['mshta', 'regsvr32', 'rundll32', 'hh', 'cmstp', 'msbuild', 'installutil', 'regasm', 'regsvcs', 'odbcconf', 'mavinject',
    'presentationhost', 'infdefaultinstall', 'syncappvpublishingserver', 'syncappvpublishingserver.vbs', 'pubprn.vbs', 'pcalua', 'forfiles',
    'scriptrunner', 'ttdinject', 'tttracer', 'verclsid', 'msdt', 'wuauclt', 'control', 'ieadvpack', 'xwizard', 'winrm.vbs', 'manage-bde.wsf',
    'slmgr.vbs', 'cl_invocation', 'register-cimprovider', 'dnx', 'rcsi', 'cdb', 'csi', 'fsi', 'te', 'vsjitdebugger', 'bginfo', 'devtoolslauncher',
    'gpscript', 'ieexec', 'wsl', 'workfolders', 'customshellhost', 'conhost', 'provlaunch', 'wfc', 'stordiag', 'rasautou',
    'microsoft.workflow.compiler', 'mmc', 'dxcap', 'atbroker', 'runexehelper', 'netsh'],
    when: ({ program, line, args }) => args.length > 0 && (program === 'regsvr32' ? /\/i:|scrobj|\/s|\/u|\/n/.test(line) || USER_PLACE.test(line)
      || !/\.(?:dll|ocx)\b/.test(line) : program === 'rundll32'
      ? !/printui|user32\.dll,lockworkstation|shell32\.dll,control_rundll (?:desk|sysdm|timedate|main|access|inetcpl)/.test(line)
      : program === 'control' ? /\.cpl|\.dll/.test(line) && /\\/.test(line) : program === 'wsl' ? /-e |--exec/.test(line)
      && /bash|-u root/.test(line) : program === 'mmc' ? /-embedding|\.msc/.test(line) && USER_PLACE.test(line) : program === 'netsh'
      ? /add helper/.test(line) : program === 'msbuild' ? /\.(?:xml|csproj|txt)\b/.test(line) && /\\/.test(line) : true) },
  { id: 'lolbin-install', severity: 'high', reason: 'installs a package from an unusual place in silence', attack: 'T1218.007',
    programs: ['msiexec'], when: ({ line }) => /[/-][yz] /.test(line) || (/[/-]q/.test(line)
    && (REMOTE.test(line) || USER_PLACE.test(line) || /[/-](?:i|a|package)\b/.test(line))) },
  { id: 'script-host', severity: 'medium', reason: 'runs a script from a temporary or remote place', attack: 'T1059.005',
    programs: ['cscript', 'wscript'], when: ({ line }) => USER_PLACE.test(line) || REMOTE.test(line) },
  { id: 'wmi-execution', severity: 'high', reason: 'starts or changes things through WMI', attack: 'T1047',
    programs: ['wmic', 'wmiexec', 'wmiexec.py', 'impacket-wmiexec'], when: ({ program, line }) => program !== 'wmic'
    || ((/process (?:\S+ )?call|call create|\/format:|uninstall|shadowcopy|product where .{0,60}call|\/node:/.test(line)
    || /call terminate|set .{0,30}enable|service .{0,60}call|useraccount .{0,60}(?:rename|set|call)/.test(line)
    || /os get .{0,20}\/format/.test(line)) && !/\/format:(?:list|csv|table|value)\b(?!.{0,20}http)$/.test(line)) },
  { id: 'remote-execution', severity: 'high', reason: 'runs something on another host', attack: 'T1021',
    programs: ['psexec', 'psexec64', 'paexec', 'winrs', 'evil-winrm', 'invoke-command', 'icm', 'psexec.py', 'smbexec', 'smbexec.py', 'atexec.py',
    'dcomexec.py', 'crackmapexec', 'cme', 'netexec', 'nxc', 'invoke-wmiexec', 'sharprdp', 'csexec', 'remcom', 'enter-pssession', 'new-pssession',
    'enable-psremoting', 'cmdkey', 'mstsc'], when: ({ program, line }) => program === 'invoke-command' || program === 'icm'
    ? /-computername|-session|-cn /.test(line) : program === 'cmdkey' ? /\/(?:add|generic)/.test(line) : program === 'mstsc'
    ? /\/v:|\/shadow/.test(line) : true },
  { id: 'admin-share', severity: 'high', reason: 'copies to or opens an administrative share', attack: 'T1021.002', programs: [],
    when: (command) => ADMIN_SHARE.test(command.line) || command.redirects.some((one) => ADMIN_SHARE.test(one.target.toLowerCase())) },
  { id: 'service-of-remote', severity: 'medium', reason: 'opens the machine to remote logins', attack: 'T1021.001',
    programs: ['set-itemproperty', 'reg', 'netsh', 'enable-wsmancredssp', 'winrm', 'set-item', 'systemsetup', 'kickstart', 'add-windowscapability'],
    line: [anyOf(/fdenytsconnections|portnumber|remotedesktop|quickconfig|trustedhosts|allowunencrypted|setremotelogin/,
    /-activate|openssh\.server|rdp-tcp/)] },
  { id: 'attack-tool', severity: 'critical', reason: 'is a tool made for attacks', attack: 'T1588.002',
    programs: ['sharphound', 'bloodhound', 'bloodhound-python', 'seatbelt', 'winpeas', 'winpeasany', 'linpeas', 'linpeas.sh', 'sharpup',
    'sharpview', 'powerup', 'beacon', 'cobaltstrike', 'meterpreter', 'merlin', 'merlinagent', 'sliver', 'covenant', 'psempire', 'koadic', 'pupy',
    'adfind', 'adrecon', 'sharpshares', 'pingcastle', 'ldeep', 'responder', 'responder.py', 'inveigh', 'ntlmrelayx.py', 'petitpotam', 'coercer',
    'impacket-secretsdump', 'nimplant', 'purplesharp', 'gobuster64', 'smbmap', 'enum4linux', 'edrsilencer', 'edrfreeze', 'backstab', 'terminator',
    'gmer', 'processhacker', 'pchunter', 'defendercontrol', 'killav', 'advanced_ip_scanner', 'netscan', 'softperfect',
    'caldera', 'sandcat', 'splunkd-go', 'whiskey', 'sharpgpoabuse', 'standin', 'sharpallowedtoact', 'gpoddity'] },
  { id: 'decoded-and-run', severity: 'high', reason: 'runs text that was encoded', attack: 'T1140',
    programs: ['sh', 'bash', 'zsh', 'python', 'perl', 'ruby', 'node', 'eval', 'source', 'php'], when: (command, script) => {
    for (let source = script.commands[command.from]; source !== undefined; source = script.commands[source.from]) if (decodes(source)) return true
    return /b64decode|decode64|base64.{0,20}decode|fromhex|codecs\.decode|frombase64/.test(command.line)
      && /exec|eval|system|loads/.test(command.line) || script.commands.some((one) => one.inside === command.index && one.place === 'substitution'
      && /^(?:base64|xxd)$/.test(one.program))
  } },
  { id: 'temp-started', severity: 'high', reason: 'starts a program from a temporary or public place', attack: 'T1204.002', programs: [],
    when: (command) => /\.(?:exe|scr|com|pif|hta|cpl|ps1|bat|vbs|dll)$/i.test(command.path)
    && (/\\temp\\|%temp%|\$env:te?mp|\\users\\public\\|\\programdata\\|%appdata%/i.test(command.path)
    || /\$env:(?:public|appdata|programdata)|\\perflogs/i.test(command.path)) },
  { id: 'temp-started-unix', severity: 'low', reason: 'starts a program from a place where anybody may write', attack: 'T1204.002', programs: [],
    when: (command) => /^\/(?:tmp|var\/tmp|dev\/shm)\/[\w./-]{2,80}$/.test(command.path) || /\/\.{3}\//.test(command.path) },
  { id: 'system-copied', severity: 'high', reason: 'copies a program of the system under another name', attack: 'T1036.003',
    programs: ['copy', 'copy-item', 'cp', 'xcopy', 'ren', 'rename-item', 'move', 'mklink', 'robocopy'],
    line: [/(?:%(?:windir|systemroot)%|\$env:(?:windir|systemroot)|c:\\windows)\\(?:system32|syswow64)\\[\w\\. -]{1,60}\.(?:exe|dll)/, / \S/] },
  { id: 'double-extension', severity: 'high', reason: 'gives a program the look of a document', attack: 'T1036.007', programs: [],
    when: (command) => !DATA_PROGRAMS.has(command.program)
    && DOUBLE.test(`${command.path.toLowerCase()} ${command.line}`) },
  { id: 'secret-in-registry', severity: 'medium', reason: 'searches the registry for passwords', attack: 'T1552.002',
    programs: ['reg', 'get-itemproperty', 'gp'],
    line: [/password|putty\\sessions|winvnc|snmp|winlogon.{0,60}default|realvnc|tightvnc|openssh\\agent/],
    when: ({ program, line }) => program !== 'reg' || /^(?:query|export)/.test(line) },
  { id: 'kerberos', severity: 'high', reason: 'collects tickets or copies of a directory', attack: 'T1558',
    programs: ['setspn', 'get-adreplaccount', 'invoke-kerberoast', 'klist', 'nltest', 'kerberoast', 'get-domainspnticket', 'tgsrepcrack',
    'asreproast', 'new-aadinternals', 'import-module'], when: ({ program, line }) => program === 'setspn' ? /-q/.test(line) : program === 'klist'
    ? /-li 0x3e7/.test(line) : program === 'nltest' ? /\/(?:domain_trusts|dclist)/.test(line) : program === 'import-module'
    ? (/aadinternals|dsinternals|powersploit|powerview|mimikatz|nishang|powerup|sharp|azurepasswords/.test(line)
    || /monkey365|microburst|invoke-/.test(line)) : true },
  { id: 'mailbox-changed', severity: 'high', reason: 'changes the audit, the rules or the access of mailboxes or a tenant', attack: 'T1685.002',
    programs: ['set-adminauditlogconfig', 'set-mailbox', 'new-transportrule', 'set-transportrule', 'new-managementroleassignment',
    'add-roleassignment', 'disable-antiphishrule', 'set-malwarefilterpolicy', 'disable-malwarefilterrule', 'disable-safelinksrule',
    'remove-azeventhub', 'set-webconfigurationproperty', 'set-azurermdiagnosticsetting', 'new-azroleassignment', 'add-azureaddirectoryrolemember',
    'set-advancedsetting', 'get-esxcli', 'new-aadintbackdoor', 'convertto-aadintbackdoor'],
    when: ({ program, line }) => program === 'set-webconfigurationproperty' ? /dontlog|httplogging/.test(line) : program === 'set-mailbox'
    ? /audit|forward/.test(line) : true },
  { id: 'service-binary', severity: 'high', reason: 'puts another program behind a service', attack: 'T1543.003',
    programs: ['set-servicebinarypath', 'invoke-serviceabuse', 'write-servicebinary', 'install-servicebinary'] },
  { id: 'web-root', severity: 'high', reason: 'copies files into the root of a web server', attack: 'T1505.003',
    programs: ['copy', 'xcopy', 'copy-item', 'robocopy', 'move'], line: [/inetpub\\wwwroot|htdocs|\\owa\\auth/] },
  { id: 'disguised', severity: 'medium', reason: 'hides its words behind escapes', attack: 'T1027.010', programs: [],
    when: (command, script) => script.disguises >= 4 && script.dialect === 'cmd' && command.index === 0 && command.path !== '' },
]
