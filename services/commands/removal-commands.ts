/** The commands about what is taken away: `erase`, `hold`, `retention`. */
import type { Command } from 'commander'
import { erase, type EraseOptions, holdAdd, type HoldAddOptions, holdList, holdRelease, removalList, retentionPlan, retentionRun, type TenantOptions } from './removal.ts'
import type { CommonOptions } from './common.ts'
import type { CommandKit } from './triage-commands.ts'

const JSON_FLAG = ['--json', 'machine-readable answer'] as const
const TENANT_FLAG = ['--tenant <tenant>', 'whose records; default: default'] as const
const ONE_TENANT = ['--tenant <tenant>', 'of this tenant only'] as const

function addErase(program: Command, { common, run }: CommandKit): void {
  common(program.command('erase')).description('blank everything of a person or service in every table; hashes and proofs stay valid')
    .requiredOption('--subject <name>', 'principal, actor or OAuth client, as it stands in the tables').option(...TENANT_FLAG)
    .option('--alias <name...>', 'what else it is called').option('--reason <text>', 'why, in writing; names of the subject in it are replaced')
    .option('--mentions', 'also calls of others whose text names the subject').option('--dry-run', 'only say what would be erased, and what stands against it: 1 where a legal hold does')
    .option(...JSON_FLAG).action(run((options: EraseOptions) => erase(options)))
  const removal = program.command('removal').description('what erasure and retention took away')
  common(removal.command('list')).description('newest first').option(...ONE_TENANT).option(...JSON_FLAG).action(run((options: TenantOptions) => removalList(options)))
}

function addHold(program: Command, { common, run }: CommandKit): void {
  const hold = program.command('hold').description('legal holds: what must not be removed, by retention, erasure or the end of a key')
  common(hold.command('add')).description('hold a principal, a case, or without either the whole tenant').option(...TENANT_FLAG).option('--principal <name>', 'one subject')
    .option('--case <alert>', 'everything that an alert is about, by its id').requiredOption('--reason <text>', 'why, in writing').option(...JSON_FLAG)
    .action(run((options: HoldAddOptions) => holdAdd(options)))
  common(hold.command('list')).description('what is held, newest first').option(...ONE_TENANT).option('--released', 'also what is held no more').option(...JSON_FLAG)
    .action(run((options: TenantOptions & { released?: boolean }) => holdList(options)))
  common(hold.command('release')).description('release one').argument('<id>', 'its id').requiredOption('--reason <text>', 'why, in writing').option(...JSON_FLAG)
    .action(run((id: string, options: CommonOptions & { reason: string; json?: boolean }) => holdRelease(id, options)))
}

export function addRemovalCommands(program: Command, kit: CommandKit): void {
  addErase(program, kit)
  addHold(program, kit)
  const { common, run } = kit
  const retention = program.command('retention').description('what is kept how long: section retention of the configuration')
  common(retention.command('plan')).description('what would be removed now; nothing is changed').option(...ONE_TENANT).option(...JSON_FLAG)
    .action(run((options: TenantOptions) => retentionPlan(options)))
  common(retention.command('run')).description('remove it now, and not at the next time of the schedule').option(...JSON_FLAG).action(run((options: TenantOptions) => retentionRun(options)))
}
