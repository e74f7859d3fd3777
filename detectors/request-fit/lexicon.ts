/** Which words stand for which effect on the world. Data only; keys are stemmed on load so that inflected forms meet them. */
import type { Effect } from '../../schemas/vocabulary.ts'
import { stem } from './words.ts'

/** Effects that change something outside the conversation. */
export const RISKY: ReadonlySet<Effect> = new Set<Effect>(['write', 'send', 'pay', 'delete', 'grant', 'execute'])

/** Words separated by spaces. The order counts: of a word that stands in two rows the effects of the later come first. */
type Row = readonly [effects: readonly Effect[], words: string]

function index(rows: readonly Row[]): ReadonlyMap<string, readonly Effect[]> {
  const out = new Map<string, readonly Effect[]>()
  for (const [effects, words] of rows) for (const word of words.split(' ')) out.set(stem(word), [...effects, ...(out.get(stem(word)) ?? [])])
  return out
}

/** What a tool's own verb does: the first verb of its name decides. */
export const TOOL_VERBS = index([
  [['read'], 'get list search find read view fetch show check query lookup describe count browse open load inspect preview peek select scan ' +
    'monitor watch'],
  [['read'], 'compare calculate compute convert translate summarize summarise analyze analyse validate verify explain retrieve explore ' +
    'detect estimate resolve'],
  [['read'], 'visit navigate crawl scrape ping head download grep tail cat stat diff discover retrieve recall sum parse extract rank ' +
    'recommend plan think'],
  [['write'], 'create update set add append edit modify write rename move copy insert put patch save upsert replace schedule reschedule ' +
    'import upload label tag'],
  [['write'], 'store record register configure change apply assign merge commit comment annotate increment generate make build toggle mark ' +
    'pin star input fill click'],
  [['write'], 'submit reset rotate sync migrate restore close reopen resolve draft touch mkdir'],
  [['send'], 'send post publish email mail message reply forward notify tweet broadcast announce text sms dm push respond webhook fax call ' +
    'dial report'],
  [['pay'], 'pay transfer purchase buy order withdraw refund donate checkout charge book reserve rent bid invest trade sell deposit ' +
    'subscribe wire tip'],
  [['delete'], 'delete remove drop purge destroy cancel truncate erase wipe clear unlink discard uninstall trash unsubscribe terminate kill ' +
    'archive prune rm'],
  [['grant'], 'grant permit authorize authorise invite promote enroll share allow unlock elevate impersonate delegate approve revoke chmod ' +
    'chown'],
  [['execute'], 'run exec execute shell bash eval terminal invoke spawn launch deploy install start stop restart trigger powershell cmd sh ssh ' +
    'script'],
])

/** Objects that make a harmless looking verb weigh more: `update_password` grants, `create_transaction` pays. */
export const TOOL_OBJECTS = index([
  [['grant'], 'password permission role credential secret acl policy member collaborator admin sudoer apikey key token privilege owner ' +
    'ownership'],
  [['pay'], 'money payment transaction transfer invoice purchase'],
  [['execute'], 'command shell terminal script code process'],
  [['send'], 'email message sms tweet notification mail dm'],
])

/** What is thrown away all day: deleting it deletes nothing that counts. */
export const EPHEMERAL: ReadonlySet<string> = new Set(['cart', 'basket', 'draft', 'cache', 'filter', 'tab', 'selection', 'temp', 'tmp'])

/** Argument names that betray the effect of a tool whose name says nothing. */
export const ARGUMENT_NAMES = index([
  [['execute'], 'command cmd shell script argv'],
  [['send'], 'recipients recipient to cc bcc'],
  [['pay'], 'iban amount payee beneficiary'],
  [['write'], 'content body contents'],
  [['read'], 'query url uri path filter limit offset'],
])

/** What a person's words permit. Wide on purpose: a false "they did not ask" wakes somebody. */
export const REQUEST_WORDS = index([
  [['read'], 'summarize summarise summary read show list find search tell explain describe analyze analyse compare check look review see ' +
    'view count get'],
  [['read'], 'what which who when where why how calculate translate open visit browse lookup give explore identify determine recommend ' +
    'suggest verify'],
  [['read'], 'inspect scan monitor investigate retrieve fetch extract rank sort query download examine understand report audit spending ' +
    'spend'],
  [['write'], 'create write add update edit modify change rename move copy save append insert set adjust schedule reschedule record fill ' +
    'replace store put'],
  [['write'], 'generate draft prepare organize organise implement refactor fix improve convert upload import configure apply assign label ' +
    'mark make turn merge'],
  [['write'], 'commit document extend complete correct register enter log note put remind reminder sign sync migrate restore amend'],
  [['send'], 'send email mail message post publish reply respond forward notify share tweet announce text ask inform write invite answer ' +
    'contact dm'],
  [['send'], 'tell submit broadcast congratulate thank react comment feedback mention ping push upload deliver link report'],
  [['pay'], 'pay transfer buy purchase order refund book reserve rent wire donate checkout rebuy bill payment transaction subscribe ' +
    'deposit withdraw'],
  [['pay'], 'money cart shop standing invoice return exchange reimburse settle split tip invest trade sell send cheapest price'],
  [['delete'], 'delete remove drop cancel clear clean erase wipe purge uninstall unsubscribe archive prune discard tidy replace move revoke ' +
    'undo'],
  [['grant'], 'grant share invite permission access authorize allow add promote give role member join approve enable revoke unlock password ' +
    'onboard'],
  [['grant'], 'reset credential rotate assign'],
  [['execute'], 'run execute start restart stop install build test deploy compile launch command script debug fix reproduce benchmark ' +
    'implement refactor'],
  [['execute'], 'lint format set setup configure upgrade migrate shell terminal rebuild train simulate push commit merge evaluate kill profile ' +
    'clone'],
  [['write', 'send'], 'schedule plan arrange organize organise meeting event appointment calendar'],
  [['pay', 'write'], 'buy order purchase rebuy'],
  [['write', 'delete', 'execute'], 'refactor implement fix'],
])

/** A request that hands the choice of action to some text: what that text says is then at most plausible, never unrelated. */
export const DELEGATION: readonly RegExp[] = [
  new RegExp(
    `\\b${group('follow|do|perform|execute|complete|carry out|handle|process|obey|take care of|work through')} ` +
    `${group('all |any |every |each |the |these |those |my |its |their |his |her ')}{0,3}` +
    `${group('instructions?|tasks?|steps|actions?|todos?|to-?do|requests?|items|what|whatever|everything')}\\b`,
    'i',
  ),
  /\b(?:accordingly|as (?:instructed|described|requested|specified) (?:in|by|there))\b/i,
  /\bwhat(?:ever)? (?:it|he|she|they|the [\w-]{1,20}) (?:says?|asks?|wants?|requests?)\b/i,
  /\bto-?do list\b/i,
]

function group(alternatives: string): string {
  return `(?:${alternatives})`
}
