/** The commands that prove: `verify`, `evidence`. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { evidenceCheck, evidenceExport, evidenceProof } from './evidence.ts'
import type { CommandKit } from './triage-commands.ts'
import { type EvidenceOptions, verifyCommand, type VerifyOptions } from './verify.ts'

/** Given again, it is one more: a flag that takes all that follows would take the folder, too. */
const more = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value]

const JSON_FLAG = ['--json', 'machine-readable answer'] as const

function threads(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1 || number > 64) throw new InvalidArgumentError('It must be a whole number from 1 to 64.')
  return number
}

/** Where the evidence is, for all of them. */
const placed = ({ common }: CommandKit, command: Command): Command => common(command)
  .option('--url <url>', 'read from this ClickHouse, or from the SQL endpoint of a Watchkeeper that runs (or --sql); else from the tables in --data-dir')
  .option('-u, --user <name>', 'user name there; the password comes from WATCHKEEPER_SQL_PASSWORD')
  .option('--tenant <tenant>', 'rows of this tenant alone; may be given again', more)
  .option(...JSON_FLAG)

export function addProofCommands(program: Command, kit: CommandKit): void {
  placed(kit, program.command('verify'))
    .description('whether the log is what was signed and all there, from the evidence alone: 0 yes, 1 it was altered, 2 something is missing, 3 it cannot be said')
    .argument('[folder]', 'a folder that evidence export made; else the tables')
    .option('--key <key>', 'verifier key (the line of keys/notary.pub) of the log or of a witness, or a file that holds some: from somebody whom you trust; may be given again', more)
    .option('--anchor <file>', 'checkpoints that were kept elsewhere: what lies before them nobody can have written anew; may be given again', more)
    .option('--from-log', 'the records of the embedded log in --data-dir in place of the tables\' rows')
    .option('--require-anchor', 'answer 3 where no anchor covers a partition')
    .option('--require-signature', 'answer 3 where the manifest of a folder is not signed')
    .option('--state <file>', 'keep there how far it is, and go on from there')
    .addOption(new Option('--threads <number>', 'threads that make hashes').default(2).argParser(threads))
    .action(kit.run((folder: string | undefined, options: VerifyOptions) => verifyCommand(folder, options)))
  const evidence = program.command('evidence').description('evidence to take along: all of the log, or the proof of one event')
  placed(kit, evidence.command('export')).description('write everything that verify needs into a new folder (docs/evidence.md)').argument('<folder>', 'where it goes')
    .option('--key <key>', 'verifier key that is put in, or a file with some; default keys/notary.pub in --data-dir', more)
    .action(kit.run((folder: string, options: EvidenceOptions & { key?: string[] }) => evidenceExport(folder, options)))
  placed(kit, evidence.command('proof')).description('write proofs of one event that other tools verify (C2SP tlog-proof)').argument('<event_id>', 'its event_id')
    .option('--out <dir>', 'where the files go; default: here').option('--from <folder>', 'from an evidence folder')
    .action(kit.run((id: string, options: EvidenceOptions & { out?: string; from?: string }) => evidenceProof(id, options)))
  evidence.command('check').description('whether such a proof holds: 0 yes, 1 no, 3 it is none').argument('<file>', 'a .tlog-proof file')
    .requiredOption('--key <key>', 'verifier key, or a file that holds some; may be given again', more).option(...JSON_FLAG)
    .action(kit.run((file: string, options: { key: string[]; json?: boolean }) => evidenceCheck(file, options)))
}
