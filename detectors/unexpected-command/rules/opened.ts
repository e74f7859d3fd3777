/** What lets others in: accounts among the administrators, packages from a registry of somebody's own, rules that let every address through. */
import { anyOf } from '../../shell/pattern.ts'
import type { CommandRule } from '../command-rule.ts'

const ADMINISTRATORS = '(?:sudo|sudoers|wheel|admin|admins|administrators|lxd|disk|shadow)(?![\\w-])'
const IN_GROUP = new RegExp(`(?:^| )(?:-\\w{0,4}g|--groups?|--ingroup)[ =]["']?[\\w.,-]{0,80}(?<![\\w.-])${ADMINISTRATORS}`)
const GROUP_LAST = new RegExp(`^(?:(?:-a|--add) )?[\\w.$@{}"'-]{1,60} ${ADMINISTRATORS}$`)
/** Rights over a whole account, project or cluster, given in the words of the clouds' own programs. */
const CLOUD_GRANT = anyOf(/(?:attach-(?:user|role|group)-policy|put-user-policy) .{0,200}(?:administratoraccess|iamfullaccess|poweruseraccess)/,
  /add-user-to-group .{0,120}--group-name[ =]["']?(?:admin|administrators)\b/, /add-iam-policy-binding .{0,200}--role[ =]["']?roles\/(?:owner|editor|iam\.securityadmin)/,
  /role assignment create .{0,200}--role[ =]["']?(?:owner|contributor|user access administrator)/, /clusterrolebinding .{0,200}--clusterrole[ =]cluster-admin\b/)

/** Hosts that only this network knows. */
const OWN_HOST = /^(?:localhost|127\.|0\.0\.0\.0|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|\[::1|[^.]*$|.*\.(?:local|internal|lan|intranet|corp|home|test|example)$)/
const PLAIN_ADDRESS = /(?:^|[ =+"'])(https?):\/\/(?:[^/@ ]{1,80}@)?([^/:\s"']{1,200})/g
const BARE_NUMBER = /^\d{1,3}(?:\.\d{1,3}){3}$/
const REGISTRY = /--(?:registry|index|index-url|extra-index-url|default-index|find-links|source|channel)[ =]["']?https:\/\/([^/:\s"']{1,200})/
/** Where most packages are, and who keeps registries for others. */
const KNOWN_REGISTRY = /(?:^|\.)(?:npmjs\.(?:org|com)|yarnpkg\.com|npmmirror\.com|pypi\.org|pythonhosted\.org|rubygems\.org|crates\.io|github\.com|gitlab\.com|jfrog\.io|pkg\.dev|amazonaws\.com|azure\.com|googleapis\.com|pytorch\.org|nvidia\.com|anaconda\.(?:org|com)|cloudsmith\.io|gemfury\.com|huggingface\.co|deno\.land|jsr\.io|esm\.sh|unpkg\.com|jsdelivr\.net|githubusercontent\.com|edu|edu\.cn)$/

/** Programs that fetch a package and run it at once; others fetch it, and run what it brings for its installation. */
const RUNNERS: ReadonlySet<string> = new Set(['npx', 'bunx', 'uvx', 'pnpx'])
const runsAtOnce = (program: string, line: string): boolean => RUNNERS.has(program) || (/^(?:pipx|uv|deno)$/.test(program) ? /^(?:tool )?run /.test(line) : /^(?:dlx|x|exec|create|init) /.test(line))
const fetches = (line: string): boolean => /(?:^| )(?:install|i|add|download|ci|update|upgrade|-m pip install|pip install|pip sync|tool install|get)(?: |$)/.test(line)

/** A package over a line that anybody may change, or from a host that is a mere number. */
const isUnsafe = (text: string): boolean => [...text.matchAll(PLAIN_ADDRESS)].some(([, scheme, host = '']) => (scheme === 'http' || BARE_NUMBER.test(host)) && !OWN_HOST.test(host))
/** Addresses behind the package are the program's own business. */
const SOURCE = /(?:--(?:registry|index|index-url|extra-index-url|default-index|find-links|from|package|spec|with)|-p|-i|-f)[ =]["']?(?:git\+)?https?:\/\/[^ ]{1,200}|^(?:(?:tool run|run|dlx|x|exec|create|init) )?(?:-[\w-]{1,21} ){0,6}(?:git\+)?https?:\/\/[^ ]{1,200}/g
const sourcesOf = (line: string): string => (line.match(SOURCE) ?? []).join(' ')
/** A module or an archive in place of a name. */
const ARCHIVE = /^(?:(?:run|dlx|x|exec) )?(?:-[\w-]{1,21} ){0,6}https:\/\/([^/:\s"']{1,200})/
const isElsewhere = (line: string): boolean => {
  const host = REGISTRY.exec(line)?.[1] ?? ARCHIVE.exec(line)?.[1]
  return host !== undefined && !OWN_HOST.test(host) && !KNOWN_REGISTRY.test(host)
}
const PACKAGERS = ['npx', 'npm', 'pnpm', 'pnpx', 'yarn', 'bun', 'bunx', 'deno', 'pip', 'pip3', 'pipx', 'uv', 'uvx', 'poetry', 'gem', 'cargo', 'conda', 'mamba', 'python', 'python3']
const isPackager = (program: string, line: string): boolean => !program.startsWith('python') || /^-m (?:pip|pipx|uv) /.test(line)

const ANYWHERE = '(?:0\\.0\\.0\\.0/0|::/0)'
const OPENED = new RegExp([
  `authorize-security-group-ingress .{0,300}${ANYWHERE}`, `firewall-rules (?:create|update) .{0,300}--source-ranges[ =]["']?${ANYWHERE}`,
  `nsg rule (?:create|update) .{0,300}--source-address-prefix(?:es)?[ =]["']?(?:\\*|internet|any|${ANYWHERE})`, `security group rule create .{0,300}--remote-ip[ =]${ANYWHERE}`,
  '^default allow(?: incoming)?$', '--set-default-zone[ =]trusted', `^(?:-a|-i) input .{0,80}-s ${ANYWHERE}.{0,80}-j accept`, '^(?:-a|-i) input(?: 1)? -j accept$',
].join('|'))
/** Everybody is who a web server is for. */
const WEB_ONLY = /(?:port|ports|allow|rules|port-ranges?)[ =]["']?(?:tcp:)?(?:443|80)(?:["',: ]|$)/

export const opened: readonly CommandRule[] = [
  { id: 'administrator-added', severity: 'high', reason: 'makes an account an administrator', attack: 'T1098.007', programs: ['useradd', 'usermod', 'adduser', 'addgroup', 'gpasswd'],
    when: ({ program, line }) => program === 'gpasswd' || program === 'adduser' || program === 'addgroup' ? GROUP_LAST.test(line) || IN_GROUP.test(line) : IN_GROUP.test(line) },
  { id: 'cloud-administrator', severity: 'medium', reason: 'gives the rights of an administrator in a cloud or cluster', attack: 'T1098.003', programs: ['aws', 'gcloud', 'az', 'kubectl', 'oc'],
    line: [CLOUD_GRANT] },
  { id: 'package-run-from-address', severity: 'high', reason: 'fetches a package from a place of its own and runs it', attack: 'T1195.002', programs: PACKAGERS,
    when: ({ program, line }) => isPackager(program, line) && runsAtOnce(program, line) && (isUnsafe(sourcesOf(line)) || isElsewhere(line)) },
  { id: 'package-over-plain-http', severity: 'medium', reason: 'installs a package over a line that anybody may change', attack: 'T1195.002', programs: PACKAGERS,
    when: ({ program, line }) => isPackager(program, line) && !runsAtOnce(program, line) && fetches(line) && isUnsafe(line) },
  { id: 'registry-set', severity: 'medium', reason: 'takes all packages from now on over a line that anybody may change', attack: 'T1195.002', programs: ['npm', 'pnpm', 'yarn', 'pip', 'pip3', 'uv', 'poetry', 'python', 'python3'],
    line: [/config(?: --?\w{1,12})? set .{0,40}(?:registry|index-url)|source add /], when: ({ line }) => isUnsafe(line) },
  { id: 'opened-to-everybody', severity: 'medium', reason: 'lets every address through a firewall', attack: 'T1686', programs: ['aws', 'gcloud', 'az', 'openstack', 'ufw', 'firewall-cmd', 'iptables', 'ip6tables'],
    line: [OPENED], when: ({ line }) => !WEB_ONLY.test(line) },
]
