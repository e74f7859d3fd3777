/** The commands about policies and rights: `policy`, `access`. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { accessCredentials, accessReview, type CredentialOptions, type ReviewOptions } from './access.ts'
import type { SqlOptions } from './ask-rows.ts'
import type { ListOptions, TestOptions } from './policy.ts'
import type { CommandKit } from './triage-commands.ts'

function days(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1 || number > 3_650) throw new InvalidArgumentError('It must be a number of days from 1 to 3650.')
  return number
}

/** Loaded where it is asked for: it judges with a detector and its tables. */
const policies = () => import('./policy.ts')

const FILES = ['[files...]', 'files of policies, or one folder; default: those of the configuration'] as const
const daysOf = (about: string, standard: number): Option => new Option('--days <number>', about).default(standard).argParser(days)

function addPolicy(program: Command, { asked, run }: Kit): void {
  const policy = program.command('policy').description('what is allowed, denied and required (docs/policies.md)')
  asked(policy.command('check')).description('name every problem of policy files at once; nothing is asked and nothing is published').argument(...FILES)
    .action(run(async (files: string[], options: SqlOptions) => (await policies()).policyCheck(files, options)))
  asked(policy.command('list')).description('which policies are in force').option('--all', 'also those that were').option('--tenant <tenant>', 'for this tenant only')
    .action(run(async (options: ListOptions) => (await policies()).policyList(options)))
  asked(policy.command('test')).description('judge the archive by policy files: what people would have been told; nothing is published').argument(...FILES)
    .addOption(daysOf('how far back', 30)).option('--tenant <tenant>', 'of this tenant only').action(run(async (files: string[], options: TestOptions) => (await policies()).policyTest(files, options)))
  asked(policy.command('explain')).description('why a call is in order or not, rule by rule').argument('[files...]', 'files of policies; default: those that were in force when it arrived')
    .requiredOption('--interaction <id>', 'interaction_id of the call').action(run(async (files: string[], options: SqlOptions & { interaction: string }) => (await policies()).policyExplain(files, options)))
}

function addAccess(program: Command, { asked, run }: Kit): void {
  const access = program.command('access').description('what callers may use beside what they do use, and the age of credentials')
  asked(access.command('review')).description('scopes and tools that were granted or offered and not used, riskiest first, as a list to take away')
    .addOption(daysOf('not used for so long', 90)).option('--tenant <tenant>', 'of this tenant only').option('--holder <name>', 'of this principal, client, agent or token only').option('--server <name>', 'at this server only')
    .addOption(new Option('--kind <kind>', 'only these').choices(['scope', 'tool'])).action(run((options: ReviewOptions) => accessReview(options)))
  asked(access.command('credentials')).description('tokens, certificates and keys: how old, when they end, which are overdue').option('--tenant <tenant>', 'of this tenant only').option('--all', 'also those that are in order')
    .action(run((options: CredentialOptions) => accessCredentials(options)))
}

interface Kit extends CommandKit {
  asked(command: Command): Command
}

export function addPolicyCommands(program: Command, kit: CommandKit): void {
  const asked = (command: Command): Command => kit.common(command).option('--json', 'machine-readable answer').option('-u, --user <name>', 'user name; the password comes from WATCHKEEPER_SQL_PASSWORD')
  addPolicy(program, { ...kit, asked })
  addAccess(program, { ...kit, asked })
}
