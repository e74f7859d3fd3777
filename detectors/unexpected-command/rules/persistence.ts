/** What makes a program come back: schedules, services, login files, keys, accounts, registry places. */
import type { Command, Script } from '../../shell/command.ts'
import { anyOf } from '../../shell/pattern.ts'
import type { CommandRule } from '../command-rule.ts'
import { AGENT_CONFIG_PATH, AUTOSTART_PATH, REGISTRY_PATH, SUDOERS_PATH } from './paths.ts'

const COPIES = /^(?:cp|mv|install|copy|xcopy|move|copy-item|move-item|robocopy|scp|rsync|curl|wget|invoke-webrequest|iwr|download)$/

/** Where a command writes: redirects, and the last word of copying programs. */
export function writtenPaths(command: Command): readonly string[] {
  const paths = command.redirects.filter((one) => one.operator === '>' || one.operator === '>>').map((one) => one.target.toLowerCase())
  const words = command.args.filter((word) => !word.startsWith('-')).map((word) => word.toLowerCase())
  if (/^(?:tee|set-content|add-content|out-file|new-item|truncate|chattr|touch|ed|ex)$/.test(command.program)) paths.push(...words)
  if (COPIES.test(command.program)) paths.push(words.at(-1) ?? '')
  if (/^(?:sed|perl)$/.test(command.program) && /(?:^| )-\w{0,3}i/.test(command.line)) paths.push(words.at(-1) ?? '')
  if (/^(?:out-file|set-content|add-content|copy-item|new-item)$/.test(command.program)) paths.push(...command.args.filter((_, at) =>
    /^-(?:filepath|path|destination)$/i.test(command.args[at - 1] ?? '')).map((word) => word.toLowerCase()))
  return paths
}

const writes = (pattern: RegExp) => (command: Command): boolean => writtenPaths(command).some((path) => pattern.test(path))

/** `export PATH=…`, aliases and completions are what people put into their login files by hand. */
const everyday = (command: Command): boolean => /^(?:export |alias |eval "?\$\(\w|source |path=|\[\[? )/.test(command.line)
  && !/curl|wget|nc |\/tmp\/|base64|\/dev\/tcp|bash -i/.test(command.line)

/** New text in the pipe, not only an edit of what was there. */
const writesText = (command: Command, script: Script): boolean =>
  /^(?:echo|printf|cat|curl|wget)$/.test(script.commands[command.from]?.program ?? '') || (command.stdin !== '')

const WMI_EVENTS = /__eventfilter|(?:commandline|activescript)eventconsumer|__filtertoconsumer|register-(?:wmievent|cimindicationevent)/

const REGISTRY_WRITERS = ['reg', 'set-itemproperty', 'new-itemproperty', 'new-item', 'sp', 'remove-itemproperty', 'remove-item',
  'rename-itemproperty', 'copy-item', 'set-gpregistryvalue', 'regini', 'clear-itemproperty', 'rp', 'ni']
const registryWrite = (command: Command): boolean => command.program !== 'reg' || /^(?:add|delete|copy|import|restore|load)\b/.test(command.line)

export const persistence: readonly CommandRule[] = [
  { id: 'autostart-written', severity: 'high', reason: 'writes a file that runs at login, at boot or on a schedule', attack: 'T1546.004',
    programs: [], when: (command) => writes(AUTOSTART_PATH)(command) && !everyday(command) },
  { id: 'sudoers-written', severity: 'critical', reason: 'changes who may become root', attack: 'T1548.003', programs: [],
    when: (command) => writes(SUDOERS_PATH)(command) || (command.program === 'sed' && / -i|-i /.test(` ${command.line}`)
    && SUDOERS_PATH.test(command.line)) },
  { id: 'crontab-replaced', severity: 'high', reason: 'replaces a crontab from a file or a pipe', attack: 'T1053.003', programs: ['crontab'],
    when: (command, script) => command.args.length > 0 && !/^-[lerivu]|^--/.test(command.args[0] ?? '')
    && (/\/tmp\/|\/dev\/|\/var\/tmp/.test(command.line) || writesText(command, script)) },
  { id: 'at-job', severity: 'medium', reason: 'schedules a command by at', attack: 'T1053.002', programs: ['at', 'batch'],
    when: (command, script) => (command.from >= 0 && script.dialect === 'posix') || /^\\?\\|\d\d:\d\d .{0,12}(?:cmd|\/|c:)/.test(command.line) },
  { id: 'scheduled-task', severity: 'high', reason: 'creates a scheduled task', attack: 'T1053.005',
    programs: ['schtasks', 'register-scheduledtask', 'new-scheduledtask', 'new-scheduledtaskaction', 'set-scheduledtask'],
    when: (command) => command.program !== 'schtasks' || /\/(?:create|change)\b|-create\b/.test(command.line) },
  { id: 'windows-service', severity: 'high', reason: 'creates or redirects a service', attack: 'T1543.003',
    programs: ['sc', 'new-service', 'set-service', 'nssm', 'instsrv', 'psexesvc'],
    line: [/create|config .{0,80}binpath|binarypathname|failure .{0,80}command|sdset|^install|triggerinfo/] },
  { id: 'systemd-unit', severity: 'medium', reason: 'installs a unit that is started at boot', attack: 'T1543.002',
    programs: ['systemctl', 'systemd-run', 'launchctl', 'update-rc.d', 'chkconfig', 'rc-update'],
    when: (command, script) => (/^(?:load|bootstrap|submit|link|--on-|-w)|enable .{0,80}\/(?:tmp|dev|home)/.test(command.line)
    || /--on-(?:calendar|active|boot)|\/tmp\//.test(command.line)) && !/^load -w? ?\/?path|com\.apple/.test(command.line)
    || (script.commands.length > 1 && script.commands.some((one) => writes(AUTOSTART_PATH)(one)) && /enable|start|load/.test(command.line)) },
  { id: 'registry-changed', severity: 'high', reason: 'changes a registry place that decides what runs or what is watched', attack: 'T1112',
    programs: REGISTRY_WRITERS, line: [REGISTRY_PATH, /hk(?:lm|cu|cr|ey_)|registry::|^\S{0,12} ?-path/], when: registryWrite },
  { id: 'account-created', severity: 'high', reason: 'adds an account or gives one more rights', attack: 'T1136',
    programs: ['net', 'net1', 'new-localuser', 'add-localgroupmember', 'new-aduser', 'add-adgroupmember', 'dsadd', 'enable-localuser',
    'set-localuser', 'new-azureaduser', 'new-azadserviceprincipal', 'add-mailboxpermission', 'add-adobject', 'set-aduser'],
    when: (command) => !/^net1?$/.test(command.program) || (/^(?:user|localgroup|group|accounts)\b/.test(command.line)
    && /\/add|\/active|\/domain .{0,40}\/add|guest|\/passwordchg|\/times|\/maxpwage|\/logonpasswordchg/.test(command.line)) },
  { id: 'root-account', severity: 'critical', reason: 'makes an account equal to root', attack: 'T1136.001',
    programs: ['useradd', 'usermod', 'adduser', 'dscl', 'dseditgroup', 'pw', 'passwd', 'dsenableroot', 'gpasswd', 'sysadminctl'],
    line: [anyOf(/(?:-u|--uid)[ =]0\b|-o\b.{0,20}-u|uniqueid ?"?0\b|primarygroupid 80|(?:-a -t \S+ admin)/i,
    /group(?:membership)? (?:admin|wheel)|^root -|-aG root|-g 0\b|-G (?:0|root)\b/i,
    /-(?:ag|g) ?(?:root|admin|wheel)\b.{0,3}|-addUser|ishidden 1/i)] },
  { id: 'password-set', severity: 'high', reason: 'sets the password or the login shell of an account', attack: 'T1098',
    programs: ['usermod', 'chpasswd', 'pw', 'passwd', 'dscl', 'chsh', 'sysadminctl'], when: ({ program, line, from }) => program === 'chpasswd'
    ? from >= 0 : program === 'usermod' ? /(?:-p|--password) \S/.test(line) : program === 'pw' ? /-h ?0|-s \/bin/.test(line) : program === 'passwd'
    ? /--stdin/.test(line) : program === 'dscl' ? /-create \/users\/|-passwd|-append \/groups/.test(line) && !/path\/to/.test(line)
    : program === 'chsh' ? /(?:nobody|daemon|www-data|bin|sync|mail)$/.test(line) : /-resetpasswordfor|-adduser/.test(line) },
  { id: 'shell-trap', severity: 'medium', reason: 'runs something on every command or at the end of the shell', attack: 'T1546.005',
    programs: ['trap'], line: [/ debug$|nohup|curl|wget|\/tmp\/|\.sh\b.{0,40} exit/] },
  { id: 'prompt-command', severity: 'high', reason: 'runs something at every prompt', attack: 'T1056.001', programs: [],
    when: (command) => command.assignments.some((one) => /^PROMPT_COMMAND=.{0,200}(?:tee|logger|nc |curl|\/tmp\/|>)/.test(one)) },
  { id: 'profiler-hook', severity: 'high', reason: 'makes programs load code through the environment', attack: 'T1574',
    programs: ['set', 'setx', 'export'],
    line: [anyOf(/dotnet_startup_hooks|cor_enable_profiling|cor_profiler|coreclr_profiler/,
    /java_tool_options.{0,20}agent|perl5opt|pythonstartup|bash_env=|node_options=.{0,20}require/)] },
  { id: 'wmi-subscription', severity: 'high', reason: 'subscribes a program to system events', attack: 'T1546.003', programs: [],
    when: (command) => command.program === 'mofcomp' || WMI_EVENTS.test(`${command.program} ${command.line}`) },
  { id: 'loader-hook', severity: 'high', reason: 'makes programs load a library that they did not ask for', attack: 'T1574.006', programs: [],
    when: (command) => command.assignments.some((one) =>
    /^(?:LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES)=.*(?:\/tmp|\/dev|\.\/|\/home|\/users|\/opt|\$|[a-z]+\.so)/i.test(one))
    || (/^(?:export|declare|set|launchctl)$/.test(command.program)
    && /ld_preload=\/(?:tmp|dev|home)|dyld_insert_libraries|ld_preload=.{0,60}\.so/.test(command.line)) },
  { id: 'server-extension', severity: 'medium', reason: 'puts a library or module into a running service', attack: 'T1505',
    programs: ['appcmd', 'dnscmd', 'install-transportagent', 'netsh', 'new-webglobalmodule', 'sdbinst', 'odbcconf', 'bitsadmin', 'tzutil'],
    line: [/install module|serverlevelplugindll|transportagent|add helper|\.sdb|\.dll|setnotifycmdline|regsvr/] },
  { id: 'logon-script', severity: 'high', reason: 'runs something at every logon', attack: 'T1037',
    programs: ['reg', 'setx', 'defaults', 'osascript', 'set-itemproperty'],
    line: [/userinitmprlogonscript|loginhook|logouthook|login item|loginwindow|cor_profiler|complus_/] },
  { id: 'agent-config-written', severity: 'high', reason: 'changes what an AI agent or MCP server may do', attack: 'T1546', programs: [],
    when: (command) => (writes(AGENT_CONFIG_PATH)(command) && !everyday(command))
    || (/^(?:rm|del|remove-item)$/.test(command.program) && AGENT_CONFIG_PATH.test(command.line) && /mcp|hooks|settings/.test(command.line)) },
  { id: 'agent-guard-off', severity: 'high', reason: 'starts an agent without its permission prompts', attack: 'T1685', programs: [],
    when: (command) => /^(?:claude|codex|gemini|cursor-agent|aider|goose|amp|qwen|opencode|copilot)$/.test(command.program)
    && (/--dangerously-|--yolo|--full-auto|--bypass|--allow-all|--trust-all/.test(command.line)
    || /approval[-_ =]mode[ =](?:never|yolo)|--no-sandbox/.test(command.line)) },
  { id: 'agent-server-added', severity: 'medium', reason: 'registers another MCP server with an agent', attack: 'T1546',
    programs: ['claude', 'codex', 'gemini', 'code', 'cursor', 'fastmcp', 'goose'],
    line: [/mcp (?:add|add-json|install)|--add-mcp|^install .{0,40}--client/] },
]

