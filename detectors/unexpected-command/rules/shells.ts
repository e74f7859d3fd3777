/** Shells handed to somebody else, and shells that a harmless program is made to start. */
import { type Command, type Script, SHELLS } from '../../shell/command.ts'
import { anyOf, oneOf } from '../../shell/pattern.ts'
import type { CommandRule } from '../command-rule.ts'

const NETCATS = ['nc', 'ncat', 'netcat', 'nc.traditional', 'nc.openbsd', 'socat']
const SHELL_WORD = /(?:^|[\s"'=:,(`])(?:\/\w+){0,3}\/?(?:ba|z|da|k|a)?sh\b|cmd(?:\.exe)?\b|powershell/

function talksBack(command: Command, script: Script): boolean {
  const fifo = script.commands.some((one) => one.program === 'mkfifo' || (one.program === 'mknod' && / p(?: |$)/.test(one.line)))
  const shell = script.commands.some((one) => SHELLS.has(one.program))
  const from = script.commands[command.from]
  return shell && (fifo || (from !== undefined && SHELLS.has(from.program)))
}

/** Languages whose one-liners open sockets and start shells. */
const LANGUAGES = ['python', 'perl', 'ruby', 'php', 'lua', 'node', 'awk', 'gawk', 'mawk', 'nawk', 'tclsh', 'go', 'java', 'jjs', 'jrunscript',
  'groovy', 'osascript', 'deno', 'bun', 'rustc', 'vim', 'gdb', 'powershell', 'pwsh']
const SOCKET = /\bsockets?\b|tcpsocket|fsockopen|\/inet\/tcp|net\.connect|net\.socket|createconnection|io::socket|tcpclient|socket\.tcp|s\.connect/
const STARTS = anyOf(/\/bin\/(?:ba|z|da)?sh|\bcmd\.exe|pty\.spawn|child_process|\bexec\w{0,4} ?\(|\bpopen\b|subprocess/,
  /process\.start|\bsystem\b|dup2|\binvoke-expression\b|\biex\b|getstream|powershell/)

/** A shell with nothing to do: `/bin/sh` as the whole command, inside text of another language or behind an escape. */
const STARTING = 'system exec\\w{0,3} spawn\\w{0,2} popen\\w? execute shell\\w{0,5} run call passthru process cmd pipe command pager editor browser'
const ESCAPED = anyOf(
  oneOf(STARTING, '', '[\\w.:]{0,12} ?[[({"\'`=<> ,]{1,6}(?:/usr)?(?:/bin/|\\bexec )?/?(?:bin/)?(?:ba|z|da)?sh\\b(?! ?-c [^ ]{8,})(?!\\.)'),
  /!(?:\/usr)?\/bin\/(?:ba|z|da)?sh\b|`\/bin\/(?:ba|da|z)?sh`|\| ?\/bin\/(?:ba|da|z)?sh 0?<?|\/bin\/(?:ba|da|z)?sh 1?>&[02]|;\/bin\/(?:ba|da|z)?sh\b/,
)
const MAY_START_SHELLS = new Set(['docker', 'podman', 'kubectl', 'nerdctl', 'crictl', 'lxc', 'oc', 'chsh', 'useradd', 'usermod', 'adduser', 'su',
  'ssh', 'dscl', 'screen', 'tmux', 'script', 'systemd-run', 'machinectl', 'ln', 'ls', 'file', 'cat', 'which', 'stat', 'cp', 'sed', 'sudo', 'exec',
  'export', 'grep', 'echo', 'printf'])
const BARE_SHELL = /^(?:(?:\/usr)?\/bin\/)(?:ba|z|da)?sh$/
const QUIET_LAUNCHERS = new Set(['sudo', 'su', 'ssh', 'exec', 'chroot', 'doas', 'time', 'then', 'call'])

/** An argument that is nothing but a shell: `nmap --script x=/bin/sh`, `split --filter='/bin/sh -i 0<&2'`, `!/bin/sh` at a prompt. */
const SHELL_ARGUMENT = /^(?:[\w.:-]{0,40}=|!|;)?["']?(?:\/usr)?\/bin\/(?:ba|z|da|k|a|c|tc)?sh(?:["';]|$| (?:-s|-i|#|[012]?[<>]))/i
const STARTERS = new Set([...MAY_START_SHELLS, 'chroot', 'find', 'which', 'test', '[', 'head', 'readlink', 'realpath', 'dpkg', 'rpm', 'brew',
  'pacman', 'whereis', 'alias', 'set', 'nohup', 'time', 'exec', 'ldd', 'strings', 'tail', 'wc', 'diff', 'cmp', 'install', 'mv', 'chmod', 'chown',
  'sum', 'md5sum', 'getent', 'awk', 'su', 'vagrant', 'flatpak', 'toolbox', 'distrobox', 'schroot', 'systemd-nspawn', 'arch-chroot', 'newgrp',
  'login', 'man'])
const shellArgument = (command: Command): boolean => !STARTERS.has(command.program) && !SHELLS.has(command.program)
  && command.args.some((word) => SHELL_ARGUMENT.test(word))

/** What is typed at the prompt of a pager, an editor or a client: a line `!/bin/sh` of its own. */
const promptEscape = (command: Command): boolean => /^[:!]{1,2}(?:\/usr)?\/bin\/\w{0,3}sh$/.test(command.path)
  || (command.path === '!' && /^\/bin\/\w{0,3}sh/.test(command.line))

function bareShell(command: Command, script: Script): boolean {
  const launcher = script.commands[command.inside]
  return command.place === 'launched' && BARE_SHELL.test(command.path) && command.args.every((word) => /^-[pi]$/.test(word))
    && launcher !== undefined && !QUIET_LAUNCHERS.has(launcher.program)
}

/** A file written by `echo` that the next command reads: `echo 'exec("/bin/sh")' > f; prog f`. */
const writtenEscape = (command: Command): boolean => /^(?:echo|printf|cat)$/.test(command.program)
  && command.redirects.some((one) => one.operator.startsWith('>')) && !/\.(?:sh|bash|md|txt|dockerfile)$/i.test(command.redirects[0]?.target ?? '')
  && ESCAPED.test(`${command.line} ${command.stdin.toLowerCase()}`)

export const shells: readonly CommandRule[] = [
  { id: 'shell-over-socket', severity: 'critical', reason: 'opens a network connection as a file of the shell', attack: 'T1059.004', programs: [],
    when: (command) => command.redirects.some((one) => /^\/dev\/(?:tcp|udp)\//.test(one.target))
    || (!/^(?:echo|printf|grep|git|man)$/.test(command.program) && /\/dev\/(?:tcp|udp)\/[^ ]{1,80}\/\d/.test(command.line)) },
  { id: 'shell-to-netcat', severity: 'critical', reason: 'gives a shell to a network connection', attack: 'T1059.004', programs: NETCATS,
    line: [/(?:^| )(?:-\w{0,6}[ec]\w{0,3}|--exec|--sh-exec|--lua-exec)(?: |=|$)|exec:|system:|(?:^| )-\w{0,4}e$/],
    when: (command) => SHELL_WORD.test(command.line) || /exec:|system:/.test(command.line) },
  { id: 'shell-through-fifo', severity: 'critical', reason: 'connects a shell to the network through a pipe', attack: 'T1059.004',
    programs: [...NETCATS, 'telnet', 'openssl', 'ssh'], when: talksBack },
  { id: 'shell-in-language', severity: 'critical', reason: 'opens a socket and starts a shell on it', attack: 'T1059', programs: LANGUAGES,
    line: [SOCKET, STARTS] },
  { id: 'shell-tcpclient', severity: 'critical', reason: 'reads commands from a network stream', attack: 'T1059.001', programs: [],
    when: (command, script) => script.dialect === 'powershell' && /net\.sockets\.tcp(?:client|listener)/.test(`${command.program} ${command.line}`) },
  { id: 'shell-escape', severity: 'medium', reason: 'makes another program start a shell', attack: 'T1059.004', programs: [],
    when: (command, script) => !MAY_START_SHELLS.has(command.program) && !SHELLS.has(command.program)
    && !script.commands.some((one) => one.inside === command.index && one.place === 'launched') && ESCAPED.test(command.line) },
  { id: 'shell-escape-written', severity: 'medium', reason: 'writes a file that starts a shell', attack: 'T1059.004',
    programs: ['echo', 'printf', 'cat'], when: writtenEscape },
  { id: 'shell-launched', severity: 'medium', reason: 'starts a bare shell behind another program', attack: 'T1059.004', programs: [...SHELLS],
    when: bareShell },
  { id: 'shell-argument', severity: 'medium', reason: 'hands a bare shell to another program', attack: 'T1059.004', programs: [],
    when: shellArgument },
  { id: 'shell-at-prompt', severity: 'medium', reason: 'escapes from a prompt into a shell', attack: 'T1059.004', programs: [], when: promptEscape },
  { id: 'shell-copied', severity: 'high', reason: 'puts a shell where another program is expected', attack: 'T1036.005',
    programs: ['cp', 'ln', 'install', 'echo', 'printf'], line: [/^(?:-\w{1,4} )?["']?(?:\/usr)?\/bin\/\w{0,3}sh\b/],
    when: (command) => (/^(?:echo|printf)$/.test(command.program) ? command.redirects.length > 0 && command.args.length === 1
    : !/(?:^| )-\w?s/.test(command.line) && / \S/.test(command.line)) },
  { id: 'shell-environment', severity: 'medium', reason: 'names a shell as the helper of another program', attack: 'T1574', programs: [],
    when: (command) => command.program !== '' && command.assignments.some((one) => !/^SHELL=|^CONFIG_SHELL=|^MAKE_SHELL=/.test(one)
    && SHELL_ARGUMENT.test(one)) },
  { id: 'shell-over-awk', severity: 'critical', reason: 'reads commands from a network stream', attack: 'T1059',
    programs: ['awk', 'gawk', 'mawk', 'nawk', 'julia', 'tclsh', 'socket', 'r', 'erl', 'elixir'], line: [/\/inet\/tcp|connect\(|\bsocket\b|gen_tcp/] },
  { id: 'shellshock', severity: 'critical', reason: 'hides a command in a function definition', attack: 'T1190', programs: [],
    when: (command, script) => command.index < 3 && script.commands[0]?.path === ':'
    && /\/bin\/|nc |curl|wget/.test(`${command.path} ${command.line}`) && script.commands.length < 12 && command.program !== ':'
    && script.commands[0].from < 0 && script.commands[0].args.length === 0 && /sh$/.test(command.program) },
  { id: 'sudo-id', severity: 'critical', reason: 'becomes root through an impossible user id', attack: 'T1548.003', programs: ['sudo'],
    line: [/-u ?#-1|#4294967295/] },
  { id: 'shell-privileged', severity: 'high', reason: 'starts a shell that keeps privileges', attack: 'T1548.001',
    programs: ['sh', 'bash', 'dash', 'ksh', 'zsh'], when: (command) => command.args.length === 1 && command.args[0] === '-p' },
]
