/** Places whose touching says something, as patterns over lower-case words. */
import { anyOf } from '../../shell/pattern.ts'

/** Secrets of a person, a host, a cluster or a cloud. */
export const CREDENTIAL_PATH = new RegExp([
  '\\.ssh[/\\\\](?:id_(?!.{0,20}\\.pub)\\w|identity\\b|\\w{0,20}_(?:rsa|ed25519|ecdsa)\\b(?!\\.pub))', '\\.aws[/\\\\]credentials',
    '\\.azure[/\\\\](?:accesstokens|msal_token)', 'gcloud[/\\\\](?:credentials|access_tokens|application_default)',
  '\\.kube[/\\\\]config\\b', '\\.docker[/\\\\]config\\.json', '\\.netrc\\b', '\\.git-credentials\\b', '\\.pgpass\\b', '\\.my\\.cnf\\b',
    '\\.npmrc\\b', '\\.pypirc\\b',
  '/etc/g?shadow-?(?:$|[\\s"\'|;])', '/etc/master\\.passwd', '/etc/security/opasswd', '/etc/krb5\\.keytab', '/etc/kubernetes/(?:admin\\.conf|pki)',
  'serviceaccount/token', '/proc/\\S{1,20}/environ', '\\.gnupg[/\\\\](?:private|secring)', '(?:^|/)\\.(?:bash_|zsh_)?history\\b',
    'consolehost_history', '\\.config/gh/hosts', '\\.terraform\\.d/credentials',
  'login data\\b', 'logins\\.json', 'key[34]\\.db', 'cookies\\.sqlite', 'login\\.keychain', 'chrome.{0,40}[/\\\\]cookies', 'keepass|\\.kdbx\\b',
    'ntds\\.dit', 'config[/\\\\](?:sam|security|system)\\b(?!\\.)', 'wallet\\.dat', '\\.rdp\\b.{0,3}$', 'unattend\\.xml|sysprep\\.inf|groups\\.xml',
].join('|'))

/** Addresses at which clouds hand out credentials to whoever asks. */
export const METADATA_HOST = /\b169\.254\.169\.254\b|\b169\.254\.170\.2\b|metadata\.google\.internal|\b100\.100\.100\.200\b|fd00:ec2::254/

/** Files that start something at boot, at login or on a schedule. */
export const AUTOSTART_PATH = new RegExp([
  '\\.(?:bashrc|bash_profile|bash_login|bash_logout|profile|zshrc|zprofile|zshenv|zlogin|kshrc|cshrc|tcshrc|xinitrc|xprofile|xsession)\\b',
    '/etc/(?:profile|bash\\.bashrc|bashrc|zshrc|zprofile|rc\\.local|rc\\.common|environment|crontab|anacrontab|inittab)\\b',
  '/etc/(?:profile\\.d|cron\\.|init\\.d|rc\\d?\\.d|systemd/|update-motd\\.d|xdg/autostart|emond\\.d|udev/rules\\.d|pam\\.d|ld\\.so\\.)',
  '/var/spool/(?:cron|at)', '/lib/systemd/', 'systemd/user/', '\\.config/autostart',
  '/library/(?:launchagents|launchdaemons|startupitems|logonitems)',
  'authorized_keys', 'fish/config\\.fish', 'periodic/(?:daily|weekly|monthly)', 'start menu[/\\\\]programs[/\\\\]startup', 'programs[/\\\\]startup',
    '\\.git/hooks/(?!\\S{0,30}sample)', 'windowspowershell[/\\\\].{0,40}profile\\.ps1', '\\$profile\\b',
    'startup[/\\\\][^/\\\\]{1,60}\\.(?:bat|vbs|lnk|exe|cmd)',
].join('|'))

/** What grants root. */
export const SUDOERS_PATH = /\/etc\/(?:sudoers|doas\.conf|passwd|shadow|group|polkit-1)\b/

/** Configuration of AI agents and MCP servers: who may run what without asking. */
export const AGENT_CONFIG_PATH = new RegExp([
  'claude_desktop_config\\.json', '\\.claude[/\\\\]', '\\.claude\\.json', '\\.cursor[/\\\\](?:mcp|rules|hooks|cli)',
    '(?:^|[/\\\\])\\.?mcp(?:_config|-config|\\.settings)?\\.json', '\\.codeium[/\\\\]', '\\.windsurf', '\\.gemini[/\\\\]settings',
    '\\.codex[/\\\\]', '\\.continue[/\\\\]config', 'cline_mcp_settings', '\\.vscode[/\\\\](?:mcp|settings)\\.json', '\\.roo[/\\\\]mcp',
    '\\.config/goose', '(?:^|[/\\\\])(?:claude|agents)\\.md\\b', '\\.github/copilot-instructions',
].join('|'))

/** Logs and traces of what happened. */
export const LOG_PATH = anyOf(/\/var\/log(?:\/|$)|\/private\/var\/(?:log|audit)/,
  /\.(?:bash|zsh|sh|python|mysql|psql|node_repl)_history\b|\.histfile|\/var\/(?:run|adm)\/[uw]tmp/,
  /\/(?:wtmp|btmp|utmp|lastlog)\b|winevt[/\\]logs|consolehost_history|\$histfile|historysavepath/,
  /\.evtx?\b|appcompat[/\\]programs|[/\\]prefetch\b|\$recycle\.bin/)

/** Registry places whose values decide what runs, who may log in, and what is watched. */
export const REGISTRY_PATH = new RegExp([
  'currentversion\\\\(?:run|runonce|runonceex|runservices|policies|winlogon|image file ' +
  'execution|silentprocessexit|windows\\b|explorer\\\\|app paths|applets|authentication|internet settings|schedule|netsh|time ' +
  '?zones?|svchost|fontdrivers|accessibility|profilelist|appcompatflags|ime|devicepath|font)',
  '\\\\policies\\\\', 'windows defender', 'microsoft antimalware',
    'control\\\\(?:lsa|session manager|securityproviders|terminal ' +
    'server|print|safeboot|wmi|ci\\b|deviceguard|networkprovider|minint|bootverification|nls|storagedevice|contentindex|computername|filesystem)',
  'services\\\\', 'eventlog', 'command processor', 'active setup', 'inprocserver32', 'localserver32', 'treatas', 'shell\\\\(?:open|runas)',
    'ms-settings', 'clsid\\\\', '\\\\environment\\b', 'amsi', '\\.netframework', 'scriptblocklogging|executionpolicy|powershell\\\\',
    'office\\\\.{0,60}(?:security|addins?|test|template|outlook|word|excel)', 'windows script host', 'control panel\\\\desktop',
    'credential providers|credssp|credui', 'schannel|cryptography\\\\|systemcertificates', 'terminal server client|remotedesktop',
    'software\\\\classes\\\\', 'firewallpolicy|windowsfirewall', 'windowsupdate|\\bau\\b', 'systemrestore', 'winevt|wineventlog|autologger',
    'fax\\b|\\\\netsh', 'bits\\b|peernet', 'vss\\b', 'internet explorer\\\\', 'putty|simontatham|winscp|vnc', 'tracing\\\\',
    'hypervisor|secureboot|bitlocker|\\\\fve\\b', 'appinit|appcert',
].join('|'))
