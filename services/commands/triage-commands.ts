/** The commands about alerts: `alert`, `silence`, `tuning`, `delivery`, `receiver`. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { AlertStatus } from '../../schemas/alert.ts'
import { ACTION_STATES } from '../../schemas/response-action.ts'
import { SILENCE_FIELDS } from '../../schemas/silence.ts'
import { Severity } from '../../schemas/vocabulary.ts'
import { actionDecide, actionList, type ActionListOptions, actionRequest, hookList, type RequestOptions } from './action.ts'
import { type AlertAction, alertList, type AlertListOptions, alertOrder, alertShow, alertTest, type OrderOptions } from './alert.ts'
import type { CommonOptions } from './common.ts'
import { deliveryList, type DeliveryListOptions, receiverList, redeliver } from './delivery.ts'
import type { ListOptions } from './printing.ts'
import { silenceAdd, type SilenceAddOptions, silenceEnd, silenceList, type SilenceListOptions } from './silence.ts'
import { type AcceptOptions, tuningAccept, tuningList, tuningPrecision } from './tuning.ts'

/** What the command line gives to each command: where the server is, and how a failure is told. */
export interface CommandKit {
  common(command: Command): Command
  run<A extends unknown[]>(action: (...args: A) => Promise<number>): (...args: A) => Promise<void>
}

function page(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1 || number > 500) throw new InvalidArgumentError('It must be a whole number from 1 to 500.')
  return number
}

function version(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1 || number > 999_999_999) throw new InvalidArgumentError('It must be the number of a version.')
  return number
}

const JSON_FLAG = ['--json', 'machine-readable answer'] as const
const listed = (command: Command): Command => command
  .option('--tenant <tenant>', 'of this tenant only')
  .addOption(new Option('--limit <count>', 'at most so many; default 50').argParser(page))
  .option('--cursor <text>', 'go on where the page before ended')
  .option(...JSON_FLAG)
const timed = (command: Command): Command => command.option('--since <time>', 'changed since: 30m, 2h or 7d ago, or ISO 8601').option('--until <time>', 'begun before')

const ACTIONS: readonly { readonly name: string; readonly action: AlertAction; readonly says: string; readonly reason: 'needed' | 'welcome' }[] = [
  { name: 'ack', action: 'acknowledge', says: 'say that somebody has seen it', reason: 'welcome' },
  { name: 'start', action: 'start', says: 'say that somebody works at it', reason: 'welcome' },
  { name: 'resolve', action: 'resolve', says: 'say that it is over, and what it was', reason: 'needed' },
  { name: 'reopen', action: 'reopen', says: 'say that it is not over after all', reason: 'needed' },
  { name: 'note', action: 'notes', says: 'add a note to its life', reason: 'needed' },
]

function addAlert(program: Command, { common, run }: CommandKit): void {
  const alert = program.command('alert').description('alerts: look at them, acknowledge, resolve; try who is told')
  timed(listed(common(alert.command('list')))).description('those that are not resolved, newest first')
    .addOption(new Option('--status <status...>', 'of these').choices([...AlertStatus.options, 'all']))
    .addOption(new Option('--severity <severity...>', 'of these').choices(Severity.options))
    .addOption(new Option('--verdict <verdict...>', 'what an analyst said that they were').choices(['true', 'benign', 'duplicate']))
    .option('--detector <id...>', 'raised by these').option('--family <name...>', 'of these families').option('--actor <name...>', 'by these actors or principals')
    .option('--server <name...>', 'on these MCP servers').option('--text <text>', 'in title, reasons, lineage, names')
    .action(run((options: AlertListOptions) => alertList(options)))
  common(alert.command('show')).description('one alert with its reasons, its life and what was sent of it').argument('<id>', 'its id').option(...JSON_FLAG)
    .action(run((id: string, options: CommonOptions & { json?: boolean }) => alertShow(id, options)))
  for (const { name, action, says, reason } of ACTIONS) {
    const command = common(alert.command(name)).description(says).argument('<id>', 'its id')
    if (reason === 'needed') command.requiredOption('--why <text>', 'the reason, in writing')
    else command.option('--why <text>', 'the reason, in writing')
    if (action === 'resolve') {
      command.addOption(new Option('--verdict <verdict>', 'what it was').choices(['true', 'benign', 'duplicate']).makeOptionMandatory())
        .option('--duplicate-of <id>', 'the other alert, where it is a duplicate')
    }
    command.addOption(new Option('--if-version <number>', 'only if it has this version').argParser(version)).option('--tenant <tenant>', 'whose it is, where the server reaches no tables')
      .option(...JSON_FLAG).action(run((id: string, options: OrderOptions) => alertOrder(action, id, options)))
  }
  common(alert.command('test')).description('send a receiver a message that says that it is a test: 0 it took it, 1 it did not').requiredOption('--receiver <name>', 'whom')
    .option(...JSON_FLAG).action(run((options: CommonOptions & { receiver: string; json?: boolean }) => alertTest(options)))
}

function addSilence(program: Command, { common, run }: CommandKit): void {
  const silence = program.command('silence').description('what nobody is told of until when; alerts are made and kept all the same')
  common(silence.command('add')).description('be told nothing of what fits, until its end')
    .requiredOption('--match <matcher...>', `FIELD=VALUE or FIELD!=VALUE, all must fit; fields: ${SILENCE_FIELDS.join(', ')}`)
    .requiredOption('--reason <text>', 'why, in writing')
    .option('--for <time>', 'how long: 30m, 2h, 3d').option('--until <time>', 'or its end, as ISO 8601').option('--owner <name>', 'who answers for it; default: you')
    .option('--tenant <tenant>', 'whose alerts; needed with the token of the data directory').option(...JSON_FLAG)
    .action(run((options: SilenceAddOptions) => silenceAdd(options)))
  listed(common(silence.command('list'))).description('those that count or will').addOption(new Option('--state <state...>', 'of these').choices(['pending', 'active', 'ended', 'all']))
    .action(run((options: SilenceListOptions) => silenceList(options)))
  common(silence.command('end')).description('end it now').argument('<id>', 'its id').option('--why <text>', 'why, in writing').option('--tenant <tenant>', 'whose it is')
    .option(...JSON_FLAG).action(run((id: string, options: CommonOptions & { why?: string; tenant?: string; json?: boolean }) => silenceEnd(id, options)))
}

function addTuning(program: Command, { common, run }: CommandKit): void {
  const tuning = program.command('tuning').description('what verdicts say of rules, and what may be quiet because of it')
  const shown = (command: Command): Command => common(command).option('--since <time>', 'verdicts since then; 90 days where it is left out').option('--tenant <tenant>', 'of this tenant').option(...JSON_FLAG)
  shown(tuning.command('precision')).description('how often each rule was right').action(run((options: ListOptions) => tuningPrecision(options)))
  shown(tuning.command('list')).description('what was benign again and again, and never true').action(run((options: ListOptions) => tuningList(options)))
  common(tuning.command('accept')).description('a silence of it, with an owner and an end').argument('<id>', 'of the proposal').requiredOption('--reason <text>', 'why it may be quiet, in writing')
    .option('--for <time>', 'how long: 30m, 2h, 30d').option('--until <time>', 'or its end, as ISO 8601').option('--owner <name>', 'who answers for it; default: you').option(...JSON_FLAG)
    .action(run((id: string, options: AcceptOptions) => tuningAccept(id, options)))
}

function addAction(program: Command, { common, run }: CommandKit): void {
  const action = program.command('action').description('what is done because of an alert: signed messages to hooks of yours, approved by a second person')
  common(action.command('hooks')).description('what can be done').option(...JSON_FLAG).action(run((options: CommonOptions & { json?: boolean }) => hookList(options)))
  listed(common(action.command('list'))).description('what was asked for, newest first').addOption(new Option('--state <state...>', 'of these').choices(ACTION_STATES))
    .option('--hook <name...>', 'by these').option('--alert <id>', 'because of this alert').action(run((options: ActionListOptions) => actionList(options)))
  common(action.command('request')).description('ask for it').argument('<alert-id>', 'because of this alert').requiredOption('--hook <name>', 'what: watchkeeper action hooks')
    .requiredOption('--why <text>', 'the reason, in writing').option('--target <name=value...>', 'what to act on, beyond what the alert says').option('--dry-run', 'only show what would be sent')
    .option(...JSON_FLAG).action(run((id: string, options: RequestOptions) => actionRequest(id, options)))
  for (const [what, says] of [['approve', 'let it go on its way: with another token than it was asked for with (WATCHKEEPER_API_TOKEN)'], ['reject', 'it is not done']] as const) {
    common(action.command(what)).description(says).argument('<id>', 'its id').option('--why <text>', 'the reason, in writing').option(...JSON_FLAG)
      .action(run((id: string, options: CommonOptions & { why?: string; json?: boolean }) => actionDecide(what, id, options)))
  }
}

export function addTriageCommands(program: Command, kit: CommandKit): void {
  const { common, run } = kit
  addAlert(program, kit)
  addSilence(program, kit)
  addAction(program, kit)
  addTuning(program, kit)
  const delivery = program.command('delivery').description('messages to receivers: how they ended, and once more')
  timed(listed(common(delivery.command('list')))).description('messages of the last 30 days, newest first')
    .addOption(new Option('--outcome <outcome...>', 'how the last attempt ended').choices(['delivered', 'retry', 'refused', 'gave_up'])).option('--dead', 'those that were given up')
    .option('--receiver <name...>', 'to these').option('--alert <id>', 'of this alert').action(run((options: DeliveryListOptions) => deliveryList(options)))
  common(delivery.command('redeliver')).description('send one that was given up once more: the same id, the same body').argument('<message-id>', 'its id')
    .option('--receiver <name>', 'to whom, where it went to several').option('--why <text>', 'why, in writing').option('--tenant <tenant>', 'whose it is').option(...JSON_FLAG)
    .action(run((id: string, options: CommonOptions & { receiver?: string; why?: string; tenant?: string; json?: boolean }) => redeliver(id, options)))
  const receiver = program.command('receiver').description('who is told of alerts')
  common(receiver.command('list')).description('names, kinds and how they are; no address, no secret').option(...JSON_FLAG)
    .action(run((options: CommonOptions & { json?: boolean }) => receiverList(options)))
}
