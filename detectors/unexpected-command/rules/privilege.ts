/** Becoming more than one was: set-user-id bits, capabilities, the host behind a container, kernel modules. */
import type { CommandRule } from '../command-rule.ts'

export const privilege: readonly CommandRule[] = [
  { id: 'setuid', severity: 'high', reason: 'makes a program run with its owner\'s rights', attack: 'T1548.001', programs: ['chmod', 'install'],
    when: ({ program, line }) => program === 'install' ? /(?:^| )-\w{0,2}m ?(?:=\S{0,3}s|[467][0-7]{3})/.test(line)
    : /(?:^| )(?:u|ug|\+|a)?\+?[rwx]{0,3}\+?[rwx]{0,2}s[rwx]{0,2} \S|(?:^| )[467][0-7]{3} \S/.test(line)
    && /(?:^| )(?:(?:u|ug|a)?\+[rwx]{0,3}s|u=\S{0,4}s|[467][0-7]{3})/.test(line) && !/path\/to/.test(line) },
  { id: 'capability', severity: 'high', reason: 'gives a program rights of root', attack: 'T1548', programs: ['setcap', 'capsh'],
    line: [/cap_(?:setuid|setgid|sys_admin|sys_ptrace|dac_|sys_module|chown|fowner|net_raw)|--gid=0|--uid=0|\+e[ip]/] },
  { id: 'container-escape', severity: 'high', reason: 'opens the host from inside a container', attack: 'T1611',
    programs: ['docker', 'podman', 'nsenter', 'kubectl', 'nerdctl', 'ctr', 'lxc', 'runc', 'unshare', 'mount'],
    when: ({ program, line }) => program === 'nsenter' ? /(?:-t|--target)[ =]?1\b/.test(line) : program === 'mount'
    ? /cgroup|release_agent|\/dev\/[svx]{1,2}da\d? \S/.test(line) && /cgroup.{0,40}rdma|release_agent/.test(line) : program === 'lxc'
    ? /security\.privileged=true/.test(line) : (/(?:-v|--volume)[ =]\/:\/?|--mount .{0,30}(?:source|src)=\/,|--pid[ =]host.{0,80}nsenter/.test(line)
    || /docker\.sock.{0,60}--privileged|hostpid.{0,40}true|hostpath/.test(line)) },
  { id: 'kernel-module', severity: 'high', reason: 'loads code into the kernel', attack: 'T1547.006',
    programs: ['insmod', 'modprobe', 'kextload', 'kmutil', 'sc', 'pnputil', 'fltmc', 'devcon'], when: ({ program, line }) => program === 'insmod'
    ? !/path\/to/.test(line) && /\.ko/.test(line) : program === 'kextload' || program === 'kmutil' ? /\.kext|^load/.test(line)
    && !/path\/to/.test(line) : program === 'modprobe' ? /\/tmp|\/dev|\.ko/.test(line) : program === 'sc'
    ? /type= ?"?kernel|type= ?filesys/.test(line) : program === 'fltmc' ? /unload|load /.test(line) : program === 'pnputil'
    && /-i -a|\/add-driver/.test(line) && /temp|users/.test(line) },
  { id: 'sudo-cache', severity: 'high', reason: 'keeps root rights open for others', attack: 'T1548.003',
    programs: ['sed', 'echo', 'defaults', 'sudo'], line: [/tty_tickets|timestamp_timeout|nopasswd/] , when: (command) => command.program !== 'echo'
    || command.redirects.length > 0 || command.from >= 0 },
  { id: 'permissions-opened', severity: 'medium', reason: 'takes ownership of, or opens, files of the system', attack: 'T1222',
    programs: ['takeown', 'icacls', 'cacls', 'xcacls', 'subinacl', 'chattr', 'chown', 'chmod', 'dsacls', 'setfacl', 'chgrp', 'set-acl'],
    when: ({ program, line }) => program === 'takeown' || program === 'subinacl'
    ? /windows|system32|program files|%\w+%|\$env|^$|[c-z]:\\/.test(line) : /^(?:x?cacls|icacls)$/.test(program) ? /grant|everyone|\/e /.test(line)
    : program === 'dsacls' ? /\/g|\/d/.test(line) : program === 'chattr' ? /-\w{0,2}i|\+i/.test(line) && !/path\/to|file/.test(line)
    : program === 'chmod' ? /(?:^| )(?:-r )?(?:777|o\+w|a\+rwx) (?:-r )?\/(?:etc|usr|bin|root|sbin|lib)?\/?(?: |$|passwd|shadow|sudoers)/.test(line)
    : /chown|chgrp/.test(program) && /^(?:-r )?\S{1,40} \/(?:etc|usr|bin|lib)?(?: |$)/.test(line) },
  { id: 'uac-bypass', severity: 'high', reason: 'goes round the question for administrator rights', attack: 'T1548.002',
    programs: ['fodhelper', 'computerdefaults', 'sdclt', 'eventvwr', 'slui', 'wsreset', 'cmstp', 'changepk', 'silentcleanup', 'akagi64', 'akagi',
    'uacme', 'wusa'] },
  { id: 'inject', severity: 'high', reason: 'puts code into another process', attack: 'T1055',
    programs: ['mavinject', 'injectdll', 'start-injection', 'invoke-dllinjection', 'invoke-reflectivepeinjection', 'invoke-shellcode', 'gdb',
    'ptrace', 'linux-inject'], when: ({ program, line }) => program !== 'gdb' || /call .{0,20}dlopen|shellcode/.test(line) },
  { id: 'token-theft', severity: 'high', reason: 'runs under a token or ticket of somebody else', attack: 'T1134',
    programs: ['runas', 'incognito', 'invoke-tokenmanipulation', 'juicypotato', 'printspoofer', 'godpotato', 'sweetpotato', 'roguepotato', 'tscon',
    'klist', 'psexec', 'psexec64', 'invoke-psexec', 'getsystem', 'parentprocess'], when: ({ program, line }) => program === 'runas'
    ? /\/savecred|\/netonly/.test(line) : program !== 'klist' || /-li 0x3e7/.test(line) },
]
