/** What makes public, or takes away whole, what is kept: secrets in a place that is served or committed, a repository pushed elsewhere. */
import type { Command, Script } from '../../shell/command.ts'
import type { CommandRule } from '../command-rule.ts'
import { CREDENTIAL_PATH } from './paths.ts'

/** Settings with secrets in them, not their samples. */
const SETTINGS = /(?:^|[/\\])\.env(?:\.(?:prod|production|staging|local|live))?$/
/** Folders that a web server gives to everybody. */
const SERVED = /(?:^|[/\\])(?:public|public_html|static|www|htdocs|wwwroot)(?:[/\\]|$)/
const isSecret = (word: string): boolean => SETTINGS.test(word) || CREDENTIAL_PATH.test(word)

function publishes({ args }: Command): boolean {
  const words = args.filter((word) => !word.startsWith('-')).map((word) => word.toLowerCase())
  return words.slice(0, -1).some(isSecret) && SERVED.test(words.at(-1) ?? '')
}

const commits = ({ args }: Command): boolean => args[0] === 'add' && args.some((word) => word === '-f' || word === '--force') && args.some((word) => isSecret(word.toLowerCase()))

/** All branches, to a place that this very script names. */
function pushesAway({ args }: Command, script: Script): boolean {
  if (args[0] !== 'push' || !args.some((word) => word === '--mirror' || word === '--all')) return false
  const to = args.slice(1).find((word) => !word.startsWith('-')) ?? ''
  if (/^[a-z+]{2,10}:\/\/|^[\w.-]{1,64}@[\w.-]{1,200}:/.test(to)) return true
  return script.commands.some(({ program, args: [remote, act, name] }) => program === 'git' && remote === 'remote' && (act === 'add' || act === 'set-url') && name === to)
}

export const published: readonly CommandRule[] = [
  { id: 'secrets-published', severity: 'high', reason: 'puts a file of secrets where it is served to everybody', attack: 'T1567', programs: ['cp', 'mv', 'ln', 'install', 'rsync', 'copy', 'copy-item', 'move-item'],
    when: publishes },
  { id: 'secrets-committed', severity: 'medium', reason: 'commits a file of secrets that is to be left out', attack: 'T1567.001', programs: ['git'], when: commits },
  { id: 'repository-pushed-elsewhere', severity: 'medium', reason: 'pushes a whole repository to another place', attack: 'T1567.001', programs: ['git'], when: pushesAway },
]
