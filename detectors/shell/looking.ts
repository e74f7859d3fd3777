/** Commands that change nothing. */
import type { Command } from './command.ts'

/** Programs that look at things or hold a script together; what they change is in their redirects. */
export const LOOKING: ReadonlySet<string> = new Set(
  ('ls cat head tail grep egrep fgrep rg find fd wc sort uniq cut tr awk sed echo printf pwd cd test [ [[ true false date whoami id hostname ' +
    'uname env printenv which type file stat du df ps top ' +
  'tree less more diff cmp basename dirname realpath readlink seq sleep jq yq xargs tee mkdir touch export set unset source . exit if for ' +
  'while done fi read nl tac rev column paste comm join fold ' +
  'dir cls ver where findstr get-childitem get-content get-location set-location select-object where-object write-host write-output ' +
  'measure-object sort-object format-table foreach-object test-path').split(' '),
)

/** Programs of several commands, of which these only look. */
const LOOKING_PART: ReadonlyMap<string, RegExp> = new Map([
  ['git', /^(?:status|log|diff|show|blame|branch(?: -\w+)?$|remote(?: -v)?$|ls-files|rev-parse|describe|shortlog|grep)\b/],
  ['docker', /^(?:ps|images|logs|inspect|stats|version|info)\b/], ['kubectl', /^(?:get|describe|logs|top|version|cluster-info|explain)\b/],
  ['npm', /^(?:ls|view|outdated|test|t|run (?:test|lint|typecheck|check|build))\b/], ['systemctl', /^(?:status|list-|show|is-)/],
  ['pip', /^(?:list|show|freeze)\b/], ['cargo', /^(?:check|test|tree|build|clippy)\b/], ['go', /^(?:test|vet|list|version|env|build)\b/],
  ['pytest', /^/], ['tsc', /^/], ['eslint', /^/], ['ruff', /^/], ['mypy', /^/], ['ping', /^/], ['nslookup', /^/], ['dig', /^/],
    ['ip', /^(?:a|addr|r|route|link)\b/],
])

/** Whether the command only looks: no program that changes things, no file written. */
export function onlyLooks(command: Command): boolean {
  if (command.redirects.some((one) => one.operator.startsWith('>')
    && !/^(?:\/dev\/(?:null|stderr|stdout)|\d|nul|\$null)$/i.test(one.target))) return false
  if (command.program === '') return true
  if (command.program === 'sed' || command.program === 'find') return !/(?:^| )(?:-i|--in-place|-delete|-exec|-ok|-fprint)/.test(command.line)
    || (command.program === 'find' && !/-delete|-fprint/.test(command.line))
  if (/^(?:mkdir|touch|tee|xargs|export|source|\.)$/.test(command.program)) return command.program === 'export' || command.program === 'xargs'
  return LOOKING.has(command.program) || (LOOKING_PART.get(command.program)?.test(command.line) ?? false)
}
