/** The commands for auditors: `report`, `incident`. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { reportControls, reportList, type ReportOptions, reportRun, type RunOptions, reportSchedule, reportShow, reportVerify, type VerifyOptions } from './report.ts'
import type { CommandKit } from './triage-commands.ts'

const JSON_FLAG = ['--json', 'machine-readable answer'] as const

function atMost(most: number) {
  return (value: string): number => {
    const number = Number(value)
    if (!Number.isInteger(number) || number < 1 || number > most) throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`)
    return number
  }
}

function addReport(program: Command, { common, run }: CommandKit): void {
  const report = program.command('report').description('evidence for GDPR, HIPAA, PCI DSS and SOC 2: the same again as of the same time')
  report.command('controls').description('which controls there are').option(...JSON_FLAG).action(run((options: ReportOptions) => reportControls(options)))
  common(report.command('run')).description('make a report of what was received in a time; keep it, sign it')
    .requiredOption('--controls <name...>', 'frameworks (gdpr, hipaa, pci, soc2), controls, or all')
    .option('--tenant <tenant>', 'whose records; default: default').option('--title <text>', 'what it is called')
    .option('--from <time>', 'received from then on, ISO 8601; default 30 days before --to').option('--to <time>', 'and before this; default --as-of')
    .option('--as-of <time>', 'as stored by then; default a minute ago').option('--out <dir>', 'copy the files there').option(...JSON_FLAG)
    .action(run((options: RunOptions) => reportRun(options)))
  common(report.command('list')).description('which were made, newest first').option('--tenant <tenant>', 'of this tenant only')
    .addOption(new Option('--limit <count>', 'at most so many').argParser(atMost(1_000))).option(...JSON_FLAG)
    .action(run((options: ReportOptions & { tenant?: string; limit?: number }) => reportList(options)))
  common(report.command('show')).description('one of them; with --out its files').argument('<id>', 'its id').option('--out <dir>', 'copy the files there').option(...JSON_FLAG)
    .action(run((id: string, options: ReportOptions & { out?: string }) => reportShow(id, options)))
  common(report.command('verify')).description('whether the files are what was signed: 0 yes, 1 changed, 2 something is missing, 3 it cannot be said').argument('<dir>', 'its files')
    .requiredOption('--key <key...>', 'verifier key (the line of keys/notary.pub), or a file that holds it').option('--rerun', 'ask the running server the same again, as of the same time').option(...JSON_FLAG)
    .action(run((directory: string, options: VerifyOptions) => reportVerify(directory, options)))
  common(report.command('schedule')).description('which are made by themselves, when next, and which are missing').option(...JSON_FLAG)
    .action(run((options: ReportOptions) => reportSchedule(options)))
}

export function addEvidenceCommands(program: Command, kit: CommandKit): void {
  addReport(program, kit)
}
