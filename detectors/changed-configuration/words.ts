/** Names of tools that change configuration, and texts that switch off what guards or records. */
import { anyOf, oneOf } from '../shell/pattern.ts'
import { effectOf } from '../request-fit/effect.ts'
import { nameWords } from '../request-fit/words.ts'
import { remembering } from '../stats/remembering.ts'

/** What a change is about. */
export type Area = 'agent' | 'guard' | 'record' | 'mail' | 'access' | 'network'

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))
const OFF = words('disable stop pause mute suspend bypass skip delete remove clear purge truncate wipe silence detach uninstall deactivate off unset drop ignore')
const CHANGE = words('set update change edit configure patch put modify reset enable add register create install attach connect write save replace override switch toggle import apply')
const GUARDS = words('guardrail guardrails guard guards approval approvals sandbox safety moderation allowlist denylist blocklist whitelist blacklist waf firewall dlp mfa 2fa detector ' +
  'detectors quarantine scanner antivirus edr protection')
const RECORDS = words('logging audit audits telemetry tracing trail trails sampling sampler exporter siem retention observability')
const LOGS = words('log logs loggroup trace traces monitoring')
/** A diary is no record of what agents do. */
const DIARY = words('entry entries time work food call travel exercise')
const PARTS = words('server servers config configuration settings registry permission permissions prompt instructions')
const ADDED = words('server servers connector connectors plugin plugins extension extensions skill skills integration')
const MAIL = words('filter filters rule rules forwarding autoforward forward delegate redirect')
const INSTALLS = words('install enable register')
/** Who may reach what. */
const BORDERS = words('ingress nsg iptables nftables securitygroup securitygroups')
const OPENS = words('authorize allow open expose permit')
const ACCESS = words('policy policies permission permissions role roles acl acls iam collaborator collaborators')

const has = (list: readonly string[], set: ReadonlySet<string>): boolean => list.some((word) => set.has(word))

export interface ToolArea {
  readonly area: Area | ''
  /** It says that it switches off. */
  readonly off: boolean
  /** It says that it adds a server or something like it. */
  readonly adds: boolean
}

const NOWHERE: ToolArea = { area: '', off: false, adds: false }

const isBorder = (list: readonly string[]): boolean => has(list, BORDERS) || (list.includes('security') && (list.includes('group') || list.includes('groups')))
  || (list.includes('network') && (list.includes('acl') || list.includes('acls')))

/** What a tool changes by its name alone; nowhere for those that read. */
export const toolArea = remembering((tool): ToolArea => {
  const list = nameWords(tool)
  const off = has(list, OFF)
  if (isBorder(list)) return !off && (has(list, CHANGE) || has(list, OPENS)) ? { area: 'network', off, adds: false } : NOWHERE
  if (!off && (!has(list, CHANGE) || effectOf({ tool, argumentNames: [] }) === 'read')) return NOWHERE
  if (has(list, RECORDS) || (off && has(list, LOGS) && !has(list, DIARY))) return { area: 'record', off, adds: false }
  if (has(list, GUARDS)) return { area: 'guard', off, adds: false }
  if (list.includes('mcp') ? has(list, PARTS) : list.includes('agent') && has(list, words('config configuration settings permission permissions tools prompt'))) {
    return { area: 'agent', off, adds: !off && has(list, ADDED) }
  }
  if (!off && (has(list, words('connector connectors plugin plugins')) || (has(list, INSTALLS) && has(list, words('extension extensions skill skills'))))) return { area: 'agent', off, adds: true }
  if (has(list, ACCESS)) return { area: 'access', off, adds: false }
  return !off && has(list, MAIL) ? { area: 'mail', off, adds: false } : NOWHERE
})

/** Permission prompts and sandboxes off, everything allowed. Linear: no repetition inside or beside another. */
export const UNGUARDED = anyOf(
  /dangerously[-_]?(?:skip|bypass|allow)|bypass[-_ ]?(?:permission|approval|sandbox)s?|skip[-_ ]?(?:permission|approval|confirmation)s?|enableallprojectmcpservers["']?[ :=]{1,4}true/i,
  /(?:auto[-_]?(?:approv|accept|confirm)e?|always[-_]?allow|trust[-_]?all|allow[-_]?all|yolo)\w{0,20}["']?[ :=]{1,4}(?:true|["']?\*|\[ ?["']|1\b|on\b|["']?all)/i,
  /(?:approval|permission)s?[-_ ]?(?:policy|mode)["']?[ :=]{1,4}["']?(?:never|bypass|yolo|none|auto|dontask|full|off|disabled)/i,
  /["']allow["'][ :=]{1,4}\[ ?["'](?:\*|bash["'(]|bash\(\*)/i,
  /sandbox(?:[-_]?mode)?["']?[ :=]{1,4}["']?(?:false|off|none|danger|disabled)/i,
  /(?:require|ask|confirm)[-_]?\w{0,20}["']?[ :=]{1,4}["']?(?:false|never|off|none)\b/i,
)

/** Records off for whoever reads this configuration. */
export const UNRECORDED = anyOf(
  /otel_sdk_disabled["']?[ :=]{1,4}["']?true|otel_(?:traces|logs|metrics)_exporter["']?[ :=]{1,4}["']?none|otel_traces_sampler["']?[ :=]{1,4}["']?always_off|unset otel_/i,
  /enable_telemetry["']?[ :=]{1,4}["']?(?:0|false)|(?:audit|logging|tracing|telemetry)[-_]?(?:log|enabled|mode|level)?["']?[ :=]{1,4}["']?(?:false|off|none|disabled)\b/i,
  /sampl(?:ing|er)[-_]?(?:rate|ratio|percentage|arg)?["']?[ :=]{1,4}["']?(?:0(?:\.0{1,4})?["',} ]|always_off)/i,
)

/** The same in one line of a tool's arguments: little is left to be told what it is about. */
const SWITCH = 'enabled? active on required? enforce(?:d|ment)? state status mode level value action retention\\w{0,8}'
export const SWITCHED_OFF = new RegExp(
  oneOf(SWITCH, '["\']', '["\'][ :]{1,4}["\']?').source + oneOf('false off none never disabled inactive suspended paused 0\\b monitor audit[-_]?only permissive fatal critical').source, 'i')

/** An agent's own records, for the process that is started. */
export const AGENT_UNRECORDED = /(?:claude_code_enable|gemini_cli|codex)\w{0,20}telemetry\w{0,20}=["']?(?:0|false)/i
/** Every address there is; as the source of what comes in. */
const ANYWHERE = /(?<![\d.])0\.0\.0\.0\/0|(?<![\w:])::\/0|sources?\w{0,20}["' :=[]{1,6}(?:internet|any|all|\*)["'\], }]/i
const NOT_IN = /egress|outbound|\b(?:deny|denied|block|drop|reject|revoke)\b/i
/** Numbers that stand alone: ports, and 6, the number of TCP. */
const NUMBERS = /(?<![\w.:/-])\d{1,5}(?![\w.:/-])/g
const WEB: ReadonlySet<string> = new Set(['80', '443', '6'])

/** Whether everybody is let in; a web server is for everybody, so ports 80 and 443 alone are nothing. */
export function opensToAll(text: string): boolean {
  if (!ANYWHERE.test(text) || NOT_IN.test(text)) return false
  const ports = text.match(NUMBERS) ?? []
  return ports.length === 0 || !ports.every((port) => WEB.has(port))
}
/** Rules of mail, not of anything else that has rules. */
export const OF_MAIL = /@|mail|inbox|["']from["']/i
export const FORWARDS = /forward|redirect|(?:action|move|then)\w{0,10}["' :]{1,6}["']?(?:delete|trash|hide|archive)/i
export const ADMINISTERS = /\badmin|owner\b|administratoraccess|["']\*["']|superuser|\bfull[-_ ]?(?:access|control)|\broot\b/i
export const ADDS_SERVER = /mcp_?servers?["']?[ :=]{1,4}[{[]|\[mcp_servers\.|["'](?:command|url)["'][ :]{1,4}["']/i
/** Programs that an agent runs by itself at certain moments. */
export const HOOKED = new RegExp(
  oneOf('hooks? pretooluse posttooluse sessionstart userpromptsubmit initialize_?command startup_?command', '', '["\']?[ :=]{1,4}[{["\'].{0,400}(?:command|cmd|run)["\']?[ :=]{1,4}').source, 'i')
/** Orders to an agent not to tell, for which honest notes have no use; and not to ask, for which some have. */
export const SILENCING = anyOf(/\b(?:do not|don't|never|must not) (?:mention|tell|reveal|show|inform|disclose|report|log)\b|\b(?:silently|in secret|secretly)\b/i,
  /\b(?:ignore|disregard|forget) (?:all|any|every|previous|prior|earlier|the above|other)\b/i)
export const UNASKING = /\bwithout (?:asking|confirm\w{0,8}|approval|permission)|\b(?:do not|don't|never) ask\b/i
