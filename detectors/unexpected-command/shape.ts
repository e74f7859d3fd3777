/** The shape of a command: its program, and the first word of those that are many programs in one. Values are left out. */
import type { Command, Script } from '../shell/command.ts'
import { LOOKING } from '../shell/looking.ts'

const MANY = new Set(['git', 'docker', 'podman', 'kubectl', 'helm', 'aws', 'gcloud', 'az', 'npm', 'pnpm', 'yarn', 'pip', 'apt', 'apt-get', 'yum',
  'dnf', 'brew', 'systemctl', 'service', 'terraform', 'gh', 'cargo', 'go', 'net', 'reg', 'sc', 'netsh', 'wmic', 'dotnet', 'openssl', 'ip',
  'launchctl', 'conda', 'poetry', 'uv', 'snap'])

const NAME = /^[a-z0-9][a-z0-9._+-]{0,39}$/

/** Undefined for commands that are too common, or whose name is no name. */
export function shapeOf(command: Command): string | undefined {
  if (!NAME.test(command.program) || LOOKING.has(command.program)) return undefined
  const sub = MANY.has(command.program) ? command.args.find((word) => !word.startsWith('-'))?.toLowerCase() : undefined
  return sub !== undefined && NAME.test(sub) ? `${command.program} ${sub}` : command.program
}

/** Distinct shapes of a script, at most 32. */
export function shapesOf(script: Script): readonly string[] {
  const shapes = new Set<string>()
  for (const command of script.commands) {
    const shape = shapeOf(command)
    if (shape !== undefined && shapes.size < 32) shapes.add(shape)
  }
  return [...shapes]
}

/** Programs that talk to other hosts, run other code or change who may do what: a first use of theirs weighs more. */
const HEAVY = new Set(['curl', 'wget', 'nc', 'ncat', 'netcat', 'socat', 'ssh', 'scp', 'sftp', 'rsync', 'ftp', 'telnet', 'python', 'perl', 'ruby',
  'php', 'node', 'bash', 'sh', 'zsh', 'powershell', 'pwsh', 'cmd', 'eval', 'base64', 'openssl', 'gpg', 'sudo', 'su', 'chmod', 'chown', 'useradd',
  'usermod', 'passwd', 'iptables', 'nmap', 'docker', 'kubectl', 'aws', 'gcloud', 'az', 'certutil', 'reg', 'schtasks', 'crontab', 'systemctl', 'dd',
  'tcpdump', 'strace', 'gdb'])
export const isHeavy = (shape: string): boolean => HEAVY.has(shape.split(' ')[0] ?? '')
