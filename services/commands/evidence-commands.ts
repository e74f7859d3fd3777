/** The commands for auditors: `report`, `incident`. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type ExportOptions, incidentExport, incidentVerify } from './incident.ts'
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

function minutes(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0 || number > 43_200) throw new InvalidArgumentError('It must be a whole number of minutes, at most 43200.')
  return number
}

function addIncident(program: Command, { common, run }: CommandKit): void {
  const incident = program.command('incident').description('everything of an alert to hand over: records, timeline, proofs')
  common(incident.command('export')).description('write a pack: what belongs to the alert\'s lineage, and what its actor did around it')
    .requiredOption('--alert <id>', 'which alert').requiredOption('--out <dir>', 'new directory for it').requiredOption('--why <text>', 'the reason, in writing')
    .addOption(new Option('--before <minutes>', 'what the actor did before its first finding').default(60).argParser(minutes))
    .addOption(new Option('--after <minutes>', 'and behind its last').default(60).argParser(minutes)).option(...JSON_FLAG)
    .action(run((options: ExportOptions) => incidentExport(options)))
  incident.command('verify').description('whether a pack is what was handed out: 0 yes, 1 changed, 2 something is missing, 3 it cannot be said').argument('<dir>', 'its files')
    .requiredOption('--key <key...>', 'verifier key (the line of keys/notary.pub), or a file that holds it').option(...JSON_FLAG)
    .action(run((directory: string, options: { key: string[]; json?: boolean }) => incidentVerify(directory, options)))
}

export function addEvidenceCommands(program: Command, kit: CommandKit): void {
  addReport(program, kit)
  addIncident(program, kit)
}
