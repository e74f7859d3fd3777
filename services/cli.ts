/** The command line: `watchkeeper serve`, one command for each part as a process of its own, and `demo|simulate|query|status|coverage|tools|quarantine|baseline|token|config|doctor`. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { Failure } from '../schemas/failure.ts'
import { baselineReset, type BaselineOptions, baselineShow, type ResetOptions } from './commands/baseline.ts'
import { coverage, type CoverageOptions } from './commands/coverage.ts'
import { demo } from './commands/demo.ts'
import { doctor } from './commands/doctor.ts'
import { addEvidenceCommands } from './commands/evidence-commands.ts'
import { keysRetire, keysRotate } from './commands/keys.ts'
import { migrate } from './commands/migrate.ts'
import { printable } from './demo/printable.ts'
import { query } from './commands/query.ts'
import { DOES, runPart } from './commands/part.ts'
import { addPolicyCommands } from './commands/policy-commands.ts'
import { type DecisionOptions, type FilterOptions, quarantineDecide, quarantineList, quarantineShow } from './commands/quarantine.ts'
import { serve } from './commands/serve.ts'
import { simulate, type SimulateOptions } from './commands/simulate.ts'
import { status, type StatusOptions } from './commands/status.ts'
import { type CreateOptions, tokenCreate, tokenList, tokenRevoke, type TokenOptions } from './commands/token.ts'
import { toolsDiff, toolsList, type ToolsOptions } from './commands/tools.ts'
import { addProofCommands } from './commands/proof-commands.ts'
import { addRemovalCommands } from './commands/removal-commands.ts'
import { addTriageCommands } from './commands/triage-commands.ts'
import type { CommonOptions } from './commands/common.ts'
import { QUARANTINE_REASONS } from '../schemas/quarantined.ts'
import { VERSION } from './version.ts'
import type { Part } from './wiring/parts.ts'

/** Exit codes that mean something: 1 it failed, 2 the call or the configuration is wrong; 3 (commands/process.ts) it was not finished in time. */
const EXIT = { failed: 1, misconfigured: 2, unverifiable: 3 } as const

function hostPort(value: string): string {
  if (!/^(\[[0-9a-fA-F:]+\]|[^:\s/]+):\d{1,5}$/.test(value)) throw new InvalidArgumentError('It must be HOST:PORT, such as 127.0.0.1:4318.')
  return value
}

function seconds(value: string): number {
  const number = Number(value)
  if (!(number > 0 && number <= 3_600)) throw new InvalidArgumentError('It must be a number of seconds from 0 to 3600.')
  return number
}

type Flag = 'otlp' | 'sql' | 'api'
const FLAGS: Readonly<Record<Flag, readonly (readonly [string, string])[]>> = {
  otlp: [['--otlp-http <host:port>', 'where OTLP/HTTP listens'], ['--otlp-grpc <host:port>', 'where OTLP/gRPC listens']],
  sql: [['--sql <host:port>', 'where the ClickHouse HTTP interface listens']],
  api: [['--api <host:port>', 'where health, metrics and the API listen']],
}

function common(command: Command, flags: readonly Flag[] = ['otlp', 'sql', 'api']): Command {
  command
    .option('-c, --config <file>', 'configuration file (YAML); see docs/configuration.md')
    .option('--data-dir <dir>', 'where the log, the tables, snapshots and keys live')
  for (const [flag, meaning] of flags.flatMap((name) => FLAGS[name])) command.option(flag, meaning, hostPort)
  return command
}

/** A file that cannot be read, an address that is taken: its message says what, and where in our code helps nobody. */
const ofTheSystem = (error: unknown): error is Error => error instanceof Error && 'syscall' in error

/** Runs a command; what it throws becomes a sentence and an exit code. */
const run = <A extends unknown[]>(action: (...args: A) => Promise<number>) => async (...args: A): Promise<void> => {
  try {
    process.exitCode = await action(...args)
  } catch (error) {
    if (!(error instanceof Failure || ofTheSystem(error))) throw error
    // A server's answer, or a name in a file, may be a stranger's.
    console.error(printable(error.message))
    process.exitCode = error instanceof Failure && error.kind === 'misconfigured' ? EXIT.misconfigured : EXIT.failed
  }
}

const program = new Command('watchkeeper')
  .description('Audit log and anomaly detection for the Model Context Protocol')
  .version(VERSION)
  .showHelpAfterError('(watchkeeper --help shows what there is)')
  .configureOutput({ outputError: (text, write) => write(text) })
  // Of a verifier every number but 3 is a verdict.
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : process.argv[2] === 'verify' ? EXIT.unverifiable : EXIT.misconfigured))

common(program.command('serve'))
  .description('run collector, assembler, detectors, archiver and alerter in this process')
  .action(run((options: CommonOptions) => serve(options)))

const DOORS: Readonly<Partial<Record<Part, readonly Flag[]>>> = { collector: ['otlp', 'api'], archiver: ['sql', 'api'] }
for (const [part, does] of Object.entries(DOES) as [Part, string][]) {
  common(program.command(part), DOORS[part] ?? ['api'])
    .description(`${does}, as a process beside others on the same Kafka (bus.kafka)`)
    .action(run((options: CommonOptions) => runPart(part, options)))
}

common(program.command('demo'))
  .description('send recorded and simulated telemetry to a running server and print the alerts as they arrive')
  .addOption(new Option('--quiet <seconds>', 'end after so long without a new alert').default(30).argParser(seconds))
  .action(run((options: CommonOptions & { quiet: number }) => demo(options)))

common(program.command('query'))
  .description('run one SQL query against a running server')
  .argument('<sql>', 'ClickHouse SQL; tables are in database watchkeeper')
  .option('-f, --format <name>', 'ClickHouse output format; PrettyCompact on a terminal, TSVWithNames elsewhere')
  .option('--json', 'the same as --format JSON')
  .option('-u, --user <name>', 'user name; the password comes from WATCHKEEPER_SQL_PASSWORD')
  .action(run((sql: string, options: CommonOptions & { format?: string; json?: boolean; user?: string }) => query(sql, options)))

common(program.command('status'), ['api'])
  .description('how a running server is: 0 healthy, 1 degraded, 2 unreachable')
  .option('--json', 'machine-readable answer')
  .option('--watch', 'again every two seconds')
  .action(run((options: StatusOptions) => status(options)))

common(program.command('coverage'), ['api'])
  .description('what each source sends and which detectors are blind without the rest: 0 all is covered, 1 not all, 2 unreachable')
  .option('--json', 'machine-readable answer')
  .action(run((options: CoverageOptions) => coverage(options)))

const tools = program.command('tools').description('what servers offered: tools, prompts, resources (tables tool_inventory and tool_changes)')
const toolsCommand = (command: Command): Command =>
  common(command, ['sql'])
    .option('--server <name>', 'of this server only')
    .option('--tenant <tenant>', 'of this tenant only')
    .option('--json', 'machine-readable answer')
    .option('-f, --format <name>', 'ClickHouse output format')
    .option('-u, --user <name>', 'user name; the password comes from WATCHKEEPER_SQL_PASSWORD')
toolsCommand(tools.command('list')).description('what was offered at a time, and since when').option('--at <time>', 'at this time: 30m, 2h or 7d ago, or ISO 8601; default now')
  .action(run((options: ToolsOptions) => toolsList(options)))
toolsCommand(tools.command('diff')).description('what was added, changed or removed').option('--since <time>', 'from this time on; default 7d ago').option('--until <time>', 'before this time; default now')
  .action(run((options: ToolsOptions) => toolsDiff(options)))

function atMost(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1 || number > 10_000) throw new InvalidArgumentError('It must be a whole number from 1 to 10000.')
  return number
}

function whole(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0 || number > 1_000_000) throw new InvalidArgumentError('It must be a whole number.')
  return number
}
const counted = (flag: string, about: string, standard: number): Option => new Option(`${flag} <number>`, about).default(standard).argParser(whole)

program.command('simulate')
  .description('telemetry of a company that does not exist, with attacks on it that are labelled: to try and to measure detectors')
  .addOption(counted('--days', 'days with attacks', 30))
  .addOption(counted('--history', 'days before them, without any', 14))
  .addOption(counted('--principals', 'people and service agents', 500))
  .addOption(counted('--servers', 'MCP servers', 60))
  .addOption(counted('--seed', 'the same seed makes the same company', 1))
  .option('--from <day>', 'first day, such as 2026-03-02; default: so that it ends yesterday')
  .option('--attacks <names>', 'all, none, or names with commas between', 'all')
  .option('--out <folder>', 'where requests (a file a day), labels.jsonl and networks.csv go', 'simulated')
  .option('--to <url>', 'send the requests to this OTLP/HTTP address instead (WATCHKEEPER_TOKEN is sent as bearer token)')
  .option('--json', 'machine-readable answer')
  .action(run((options: SimulateOptions) => simulate(options)))

const filtered = (command: Command): Command =>
  common(command, ['api'])
    .addOption(new Option('--reason <reason>', 'why it was put aside').choices(QUARANTINE_REASONS))
    .option('--topic <topic>', 'where it was read from: events, interactions, …')
    .option('--stage <service>', 'service that gave up on it: collector, assembler, worker, archiver, alerter')
    .option('--source <name>', 'software that sent it')
    .option('--tenant <tenant>', 'whose it is')
    .option('--since <time>', 'from this time on: 30m, 2h or 7d ago, or ISO 8601')
    .option('--until <time>', 'before this time')
    .addOption(new Option('--state <state>', 'what was decided on it; default waiting').choices(['waiting', 'replayed', 'discarded', 'all']))
    .addOption(new Option('--limit <count>', 'at most so many').argParser(atMost))
    .option('--json', 'machine-readable answer')

const quarantine = program.command('quarantine').description('records that could not be used: look at them, put them back, or discard them')
filtered(quarantine.command('list')).description('what is there, newest first').action(run((options: FilterOptions) => quarantineList(options)))
common(quarantine.command('show'), ['api']).description('one record with its bytes, escaped or as hex').argument('<id>', 'its id')
  .option('--json', 'machine-readable answer, bytes as base64').action(run((id: string, options: FilterOptions) => quarantineShow(id, options)))
for (const [action, does] of [['replay', 'put records back to the stage that gave up on them; twice is once'], ['discard', 'mark records as not needed; nothing is deleted']] as const) {
  filtered(quarantine.command(action)).description(does).argument('[ids...]', 'their ids; else filters say which')
    .option('--all', 'everything that waits')
    .option('--why <text>', 'reason, for the record')
    .action(run((ids: string[], options: DecisionOptions) => quarantineDecide(action, ids, options)))
}

const baseline = program.command('baseline').description('what detectors have learned: look at it, or let it be forgotten')
const baselineCommand = (command: Command): Command =>
  common(command, ['api'])
    .requiredOption('--tenant <tenant>', 'whose')
    .option('--actor <name>', 'of this actor alone')
    .option('--server <name>', 'of this server alone')
    .option('--tool <name>', 'of this tool alone')
    .option('--detector <id>', 'by this detector only')
    .option('--json', 'machine-readable answer')
baselineCommand(baseline.command('show')).description('what is kept; of a Kafka, in the partitions of the worker that is asked')
  .action(run((options: BaselineOptions) => baselineShow(options)))
baselineCommand(baseline.command('reset')).description('forget it in every partition; it is learned anew from what comes')
  .requiredOption('--reason <text>', 'why, for the record')
  .action(run((options: ResetOptions) => baselineReset(options)))

addTriageCommands(program, { common: (command) => common(command, ['api']), run })
addRemovalCommands(program, { common: (command) => common(command, ['api']), run })
addEvidenceCommands(program, { common: (command) => common(command, ['api']), run })
addProofCommands(program, { common: (command) => common(command, ['sql']), run })

addPolicyCommands(program, { common: (command) => common(command, ['sql']), run })

const keys = program.command('keys').description('the key of keys: what wraps the keys that the log, Kafka and orders of erasures are sealed with')
common(keys.command('rotate'), []).description('another key of keys; all that is wrapped with the old one is wrapped anew. The process of the embedded log must be stopped')
  .action(run((options: CommonOptions) => keysRotate(options)))
common(keys.command('retire'), []).description('end a change of a file that several processes have: the old key is overwritten and removed')
  .action(run((options: CommonOptions) => keysRetire(options)))

const token = program.command('token').description('bearer tokens for sending telemetry and for the API')
common(token.command('create'), [])
  .description('make a token; it is shown once, and only its hash is kept')
  .requiredOption('--name <name>', 'what logs, metrics and audit events call it')
  .requiredOption('--tenant <tenant>', 'whose telemetry comes with it')
  .option('--scope <scope...>', 'what it may be used for: ingest (send telemetry), read, triage (alerts and silences), admin', ['ingest'])
  .option('--expires <time>', 'when it ends: 90d, 12h, 2w, or never', '90d')
  .option('--bytes-per-second <number>', 'budget of its own in place of otlp.budget')
  .option('--requests-per-second <number>', 'the same')
  .option('--json', 'machine-readable answer')
  .action(run((options: CreateOptions) => tokenCreate(options)))
common(token.command('list'), []).description('which tokens there are; not the tokens themselves').option('--json', 'machine-readable answer')
  .action(run((options: TokenOptions) => tokenList(options)))
common(token.command('revoke'), []).description('take a token back; running collectors refuse it within a second').argument('<name>', 'its name')
  .option('--json', 'machine-readable answer').action(run((name: string, options: TokenOptions) => tokenRevoke(name, options)))

const config = program.command('config').description('look at the configuration')
common(config.command('check')).description('name every problem of the configuration at once').action(
  // With all that a configuration may name, which is more than half of the program: others start in half the time without.
  run(async (options: CommonOptions) => (await import('./commands/config.ts')).configCheck(options)),
)
common(config.command('print')).description('show what is in force, secrets masked').action(run(async (options: CommonOptions) => (await import('./commands/config.ts')).configPrint(options)))

common(program.command('migrate'), [])
  .description('make the tables on the ClickHouse server, or bring them to this version, and end; as a user that may')
  .action(run((options: CommonOptions) => migrate(options)))

common(program.command('doctor'))
  .description('check ports, disk, permissions, engine, clock and Node')
  .option('--json', 'machine-readable answer')
  .action(run((options: CommonOptions & { json?: boolean }) => doctor(options)))

await program.parseAsync()
