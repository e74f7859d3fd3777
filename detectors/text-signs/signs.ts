/**
 * Signs that a text gives orders to the model that reads it. A sign is a few roles of words close together in one sentence, never a phrase; how much each
 * weighs is in `weights.ts`. Linear in the text.
 */
import { isImperative } from '../request-fit/directive.ts'
import { ROLE as R } from './lexicon.ts'
import { Sentence } from './sentence.ts'
import { BAR, BRACKET, CAPITAL, COLON, LABEL_END, NEWLINE, RULE, type Survey } from './survey.ts'
import { FORM, type Tokens } from './tokens.ts'

/** What each sign says, for whoever reads a finding. */
export const SIGNS = {
  override: 'sets earlier instructions aside',
  overrideSome: 'tells to ignore instructions or rules',
  overrideAll: 'tells to forget everything before it',
  divert: 'wants something else answered than what was asked',
  askRules: 'asks what instructions the model has',
  shout: 'shouts in the middle of a text',
  fresh: 'announces new instructions',
  persona: 'gives the model another identity',
  free: 'says that no limits apply',
  extract: 'asks for the model\'s instructions or context',
  extractSecret: 'asks for a password, key or token',
  secrecy: 'asks to keep something from the user',
  hush: 'asks to keep something back',
  credentialFile: 'speaks of a file of keys and of reading or sending it',
  tamper: 'wants a recipient or an amount changed',
  whenReading: 'speaks to whoever summarises or processes the text',
  runScript: 'holds a command that runs what it downloads',
  beacon: 'holds a picture whose address takes what the model knows',
  silent: 'asks to act unnoticed',
  authority: 'claims to speak for the system or an administrator',
  addressed: 'speaks to the model',
  frame: 'imitates the frame of a prompt or of a message',
  speaker: 'speaks as the model or as the system',
  emphasis: 'is set off as important or urgent',
  precedence: 'wants something done before or with every other call',
  crossTool: 'tells to call another tool',
  prefer: 'wants to be preferred to other tools',
  sink: 'tells to send something to an address',
  sensitive: 'tells to read or send secrets',
  smuggle: 'asks for the model\'s context as a value',
  knowledge: 'wants all that the model knows of the user or of other tools',
  commandAddress: 'a command with an address in it',
  demand: 'says what the model must do',
  replyShape: 'says what the answer must hold',
  replyOrder: 'tells what to do with the answer',
  stranded: 'a command stands among data',
  attack: 'names an attack',
  attackMore: 'names an attack in several words',
  attackAct: 'does to something what attacks do',
  hidden: 'holds characters that nobody sees',
  encodedOrder: 'holds an encoded instruction',
  comment: 'holds a comment that is not shown',
  masked: 'writes words so that filters miss them',
  short: 'has little else in it',
} as const
export type Sign = keyof typeof SIGNS

/** What is kept from somebody. Showing and asking are not among it alone: programs show and ask. */
const KEPT = ['tell', 'telling', 'mention', 'mentioning', 'inform', 'informing', 'informed', 'notify', 'notifying', 'notified', 'disclose', 'disclosed', 'reveal', 'revealing', 'alert', 'alerting', 'ask', 'asking', 'told']
const HUSH = ['tell', 'mention', 'inform', 'notify', 'disclose', 'reveal', 'reference', 'acknowledge']
const CHANGE = ['replace', 'change', 'modify', 'swap', 'substitute', 'rewrite', 'redirect']
const RECIPIENT = ['recipient', 'recipients', 'account', 'amount', 'iban', 'payee', 'destination', 'beneficiary', 'wallet']
const READING = ['summarizing', 'summarising', 'answering', 'reading', 'processing', 'responding', 'analyzing', 'analysing', 'translating', 'summarize', 'process']
/** What one does with a parameter; and what a model has of its own, that no tool has a use for in full. */
const FILL = ['fill', 'put', 'pass', 'set', 'populate', 'supply', 'provide', 'give', 'enter', 'write', 'insert', 'add', 'include', 'copy', 'paste', 'place', 'list', 'describe', 'share', 'contain', 'contains', 'send', 'report']
const KNOWS = ['know', 'knows', 'known', 'remember', 'remembers', 'learned', 'learnt', 'recall', 'saw', 'inferred', 'gathered']
const OUTPUT = ['output', 'outputs', 'result', 'results', 'response', 'responses', 'content', 'contents', 'data']
/** What pages and mails ask their readers to do with an answer or a message. */
const EVERYDAY = ('send submit check review save see view read edit delete publish post mail share wait receive confirm forward reply print upload download attach continue enter provide').split(' ')

type Test = (sentence: Sentence) => boolean

/** Signs of single sentences. */
const OF_SENTENCE: Partial<Readonly<Record<Sign, Test>>> = {
  override: (s) => s.near(R.override, R.prior | R.rules, 8) || s.near(R.override, R.all | R.rules, 5)
    || s.near(R.not, R.obey, 3) && (s.near(R.obey, R.rules, 6) || s.near(R.obey, R.prior, 6)),
  divert: (s) => s.near(R.not, R.reply, 4) && s.near(R.reply, R.reveal, 6) || s.any(R.override | R.reveal) && s.word('but', 'just', 'only', 'instead', 'then', 'sondern', 'solo', 'nur') && s.any(R.all),
  askRules: (s) => s.end - s.start <= 14 && s.word('what', "what's", 'whats', 'which', 'did', 'do', 'was', 'welche') && s.any(R.rules) && (s.any(R.inner) || s.any(R.prior) || s.any(R.your) || s.any(R.you) && s.word('given', 'told', 'understand', 'have', 'got')),
  overrideSome: (s) => s.near(R.override, R.rules, 6),
  overrideAll: (s) => s.near(R.override, R.all, 3) && (s.near(R.override, R.prior, 8) || s.near(R.override, R.you, 6)) || s.near(R.override, R.your | R.rules, 6),
  fresh: (s) => s.near(R.fresh, R.rules, 3) && s.any(R.now) || s.near(R.fresh, R.rules, 1) && (s.any(R.obey) || s.word('folgen', 'follow')) || s.word('henceforth') || s.near(R.now, R.you, 3) && s.word('from', 'ab', 'desde', 'dès'),
  persona: (s) => s.becomes() || s.near(R.persona, R.model, 6) && s.any(R.you) || s.near(R.persona, R.free, 10),
  free: (s) => s.any(R.free) || s.near(R.not, R.limits, 5) || s.near(R.override, R.limits, 5),
  extract: (s) => !s.form(FORM.path) && (s.near(R.reveal, R.your | R.rules, 7) || s.near(R.reveal, R.inner | R.rules, 7) || s.near(R.reveal, R.prior | R.rules, 7)
    || s.near(R.your, R.inner | R.rules, 4) || s.near(R.reveal, R.inner | R.context, 7) || s.near(R.rules, R.prior, 2) && s.any(R.reveal)),
  extractSecret: (s) => s.word('the', 'your', "what's", 'all', 'that') && !s.word('my', 'a', 'an', 'reset', 'forgot', 'change') && (s.near(R.reveal, R.secret, 7) || s.word('what', "what's", 'whats') && s.any(R.secret)),
  secrecy: (s) => (s.near(R.not, R.tell | R.user, 6) || s.near(R.user, R.not | R.tell, 5)) && s.word(...KEPT) || s.near(R.not, R.tell, 2) && s.word('this', 'it', 'that') && s.word(...HUSH),
  hush: (s) => s.near(R.not, R.tell, 2) && s.word(...HUSH) || s.concealed(),
  credentialFile: (s) => s.form(FORM.path) && s.any(R.secret) && (s.any(R.reveal) || s.any(R.include) || s.any(R.send) || s.word('pass', 'open', 'load')),
  tamper: (s) => s.word(...CHANGE) && s.word(...RECIPIENT),
  whenReading: (s) => s.word('when', 'while', 'before', 'if') && s.word(...READING) && s.word('this', 'page', 'document', 'text', 'content', 'email'),
  silent: (s) => s.any(R.silent) && (s.any(R.send) || s.any(R.call) || s.any(R.include) || s.any(R.override)),
  authority: (s) => s.near(R.authority, R.override, 2) || s.near(R.authority, R.must, 6) || s.near(R.authority, R.rules, 2) && s.any(R.must),
  addressed: (s) => s.near(R.model, R.must, 6) || s.near(R.model, R.you, 5) && s.any(R.must) || s.word('note', 'attention', 'dear', 'hey', 'hello', 'important') && s.near(R.tell, R.model, 4)
    || s.any(R.model) && s.word('reading', 'processing', 'viewing', 'parsing', 'analyzing') || s.word('note', 'attention', 'instructions', 'message') && s.any(R.model) && (s.word('to') || s.word('for')),
  precedence: (s) => s.near(R.before, R.call, 4) || s.near(R.must, R.before, 4) || s.near(R.must, R.call, 4) && s.any(R.before),
  crossTool: (s) => s.calls() || s.near(R.call, R.tool, 5) && (s.command || s.any(R.must)),
  prefer: (s) => s.close(R.prefer, R.tool, 6) || s.near(R.not, R.call | R.tool, 6) || s.near(R.prefer, R.all, 8) || s.near(R.must, R.call | R.prefer, 10),
  sink: (s) => s.any(R.include) && s.word('bcc', 'cc') && s.form(FORM.mail) || (s.form(FORM.address) || s.form(FORM.mail)) && (s.hands() || s.calls() && s.any(R.send) || s.sends()),
  sensitive: (s) => (s.close(R.send, R.secret, 10) || s.near(R.include, R.secret, 8) || s.any(R.secret) && s.form(FORM.path)) && (s.command || s.hands() || s.any(R.must) || s.any(R.you) || s.any(R.your)),
  smuggle: (s) => (s.close(R.include, R.context | R.all, 8) || s.close(R.include, R.inner | R.rules, 8) || s.near(R.send, R.context, 6) || s.near(R.all, R.your | R.context, 5)
    || s.near(R.all, R.prior | R.tool, 3) && s.calls() || s.word('pass', 'passing') && (s.any(R.inner | R.rules) || s.any(R.inner | R.context) || s.any(R.context) && (s.any(R.your) || s.any(R.all)))),
  knowledge: (s) => s.word(...FILL) && (s.near(R.all, R.you, 4) && s.word(...KNOWS) || s.word('everything', 'anything', 'whatever') && s.word('about', 'of', 'on') && s.near(R.all, R.user, 8) && !s.near(R.all, R.tool, 4)
    || s.near(R.all, R.context, 5) && s.word('user', "user's", 'whole', 'full', 'entire', 'complete', 'far') || s.near(R.all, R.tool, 6) && s.word('other', 'previous', 'earlier') && s.word(...OUTPUT)),
  commandAddress: (s) => (s.form(FORM.address) || s.form(FORM.mail)) && s.command,
  demand: (s) => s.near(R.you, R.must, 4),
  replyShape: (s) => s.close(R.include, R.reply, 8) && (s.command || s.any(R.must)) || s.near(R.your, R.reply, 3) && s.any(R.must),
  replyOrder: (s) => s.command && (s.near(R.your, R.reply, 2) || s.after(R.your, 'message', 'text', 'content')) && !s.word(...EVERYDAY),
}

/** Roles without which a sign cannot be: one of these masks has to be whole. The tests are only made then. */
const NEEDS: Partial<Readonly<Record<Sign, readonly number[]>>> = {
  override: [R.override | R.rules, R.not | R.obey], divert: [R.not | R.reply | R.reveal, R.override | R.reveal | R.all], askRules: [R.rules], overrideSome: [R.override | R.rules],
  overrideAll: [R.override | R.all, R.override | R.your | R.rules], fresh: [R.fresh | R.rules, R.now], persona: [R.you, R.now, R.model, R.persona | R.free],
  free: [R.free, R.not | R.limits, R.override | R.limits], extract: [R.reveal | R.rules, R.your | R.inner | R.rules, R.reveal | R.inner | R.context], extractSecret: [R.secret],
  secrecy: [R.not | R.tell], hush: [R.not | R.tell, R.inner, R.silent], credentialFile: [R.secret], tamper: [R.include], silent: [R.silent], authority: [R.authority | R.override, R.authority | R.must], addressed: [R.model], precedence: [R.before | R.call, R.must | R.before],
  crossTool: [R.call], prefer: [R.prefer | R.tool, R.not | R.call | R.tool, R.prefer | R.all, R.must | R.call | R.prefer], sink: [R.send, R.call, R.include, 0], sensitive: [R.secret],
  smuggle: [R.include | R.context, R.include | R.inner | R.rules, R.send | R.context, R.all | R.your | R.context, R.inner | R.rules, R.context, R.all | R.prior | R.tool], demand: [R.you | R.must], knowledge: [R.all],
  replyShape: [R.include | R.reply, R.your | R.reply], replyOrder: [R.your],
}

const TESTS = (Object.entries(OF_SENTENCE) as readonly [Sign, Test][]).map(([sign, test]) => ({ sign, test, needs: NEEDS[sign] }))
const can = (has: number, needs: readonly number[]): boolean => {
  for (let at = 0; at < needs.length; at++) if ((has & (needs[at] as number)) === needs[at]) return true
  return false
}

/** A frame: what only templates of prompts and servers' messages have. Beginnings of lines. */
const FRAME = /<\|[a-z_]{2,20}\|>|\[\/?(?:INST|SYSTEM|ADMIN|SYS)\]|<<SYS>>|<\/?(?:system|SYSTEM|IMPORTANT|important|assistant|instructions?|admin|secret|hidden|override)>|(?:^|[\n.)])[ \t]{0,8}(?:#{1,4} ?)?(?:(?:SYSTEM|ADMIN|DEVELOPER|ROOT)(?: (?:NOTE|MESSAGE|PROMPT|OVERRIDE|UPDATE|NOTICE))?|(?:System|Developer|Assistant|Admin) (?:note|message|prompt|instruction|override|update|notice))s?: ?[A-Z]/
/** A tool's result that speaks as the model thinks; every match ends as `LABEL_END` says. */
const SPEAKER = /(?:^|\n)\s{0,8}(?:reasoning|thoughts?|assistant|ai|bot)(?: ?\([a-z ]{2,20}\))?:|[.!?]\s{1,4}assistant:/i
/** The same as the system, in other languages. */
const SYSTEM_NOTE = /\b(?:systemhinweis|nota del sistema|note syst[eè]me|nota di sistema|nota do sistema)/i
/** Five words and more in capitals, where others are not. */
/** A picture in Markdown whose address has a place for something to be filled in. */
const BEACON = /!\[[^\]]{0,100}\]\(https?:\/\/[^)\s]{1,200}[?&/=](?:\{|<|\$\{|\[|%7B)[\w .-]{2,60}[}>\]%]/i
const RUN_SCRIPT = /\b(?:curl|wget|iwr|irm)\b[^|\n]{4,200}\|\s{0,3}(?:sudo )?(?:ba|z)?sh\b|\b(?:curl|wget|iwr|irm)\b[^|\n]{4,200}\|\s{0,3}(?:iex|python3?|node)\b/i
const LABEL = /System|Developer|Assistant|={3}|-{3}/
const SHOUT = /(?:\b[A-Z]{2,20}\b[ ,'!]{1,3}){4,200}\b[A-Z]{2,20}\b/
const LOWER = /[a-z]{3}/
const END_OF_PROMPT = /(?:^|\n)["'\s]{0,8}[=#*-]{3,40}\s?(?:end|begin|start|new|stop)\b|\\n\\n[=-]{3,20}/i
const EMPHASIS = /(?:^|\n|\. )\W{0,4}(?:IMPORTANT|CRITICAL|WARNING|URGENT|ATTENTION|NOTICE|MANDATORY|REQUIRED|NOTE TO|OVERRIDE|STOP)\b/
const COMMENT = /<!--([^>]{8,2000})-->|(?:display\s?:\s?none|visibility\s?:\s?hidden|font-size\s?:\s?0|color\s?:\s?(?:white|#fff))/i

const ROW = /^\s*\||\|[^|]*\||\t[^\t]*\t/
/** What tools say below a table: how to get more of it. */
const HINT = /^\W*(?:please )?(?:use|see|run|call|refer|visit|contact|click|note|try|add|set|pass|specify|read|view|download|select|open|check|filter|sort|scroll|update|install|page|show)\b/i

/** A line of prose that commands, in what is otherwise rows of a table. */
function isStranded(text: string): boolean {
  const lines = text.slice(0, 16_384).split('\n').filter((line) => line.trim() !== '')
  const rows = lines.filter((line) => ROW.test(line)).length
  return rows >= 3 && rows >= lines.length * 0.6 && lines.some((line) => !ROW.test(line) && line.length < 400 && !HINT.test(line) && isImperative(line))
}

/** What is no sentence's: frames, capitals, comments. Each is looked for only where a mark of it is. */
function frames(text: string, { seen, capitals }: Survey, found: Set<Sign>): void {
  const has = (kinds: number): boolean => (seen & kinds) !== 0
  if (has(NEWLINE) && has(BAR) && isStranded(text)) found.add('stranded')
  if ((capitals || has(BRACKET) || has(CAPITAL | RULE) && LABEL.test(text)) && (FRAME.test(text) || END_OF_PROMPT.test(text))) found.add('frame')
  if (has(LABEL_END) && SPEAKER.test(text) || SYSTEM_NOTE.test(text)) found.add('speaker')
  if (capitals && SHOUT.test(text) && LOWER.test(text)) found.add('shout')
  if (capitals && EMPHASIS.test(text)) found.add('emphasis')
  if (has(BRACKET) && text.includes('](') && BEACON.test(text)) found.add('beacon')
  if (has(BAR) && RUN_SCRIPT.test(text)) found.add('runScript')
  if (has(BRACKET | COLON) && COMMENT.test(text)) found.add('comment')
}

/** Whether a sentence of at least four words begins with a command. */
export const commands = (tokens: Tokens): boolean => tokens.rolesIn.some((_, at) => {
  const sentence = new Sentence(tokens, at)
  return sentence.end - sentence.start > 3 && sentence.command
})

export interface Found {
  /** All signs, of the text and of its sentences. */
  readonly all: Set<Sign>
  /** Signs of the text as a whole. */
  readonly whole: Set<Sign>
  /** Sentences that have any, by their number. */
  readonly local: readonly { readonly at: number; readonly signs: ReadonlySet<Sign> }[]
}

/** Signs of one sentence. */
function ofSentence(sentence: Sentence): Set<Sign> | undefined {
  let found: Set<Sign> | undefined
  const { has } = sentence
  for (let at = 0; at < TESTS.length; at++) {
    const { sign, test, needs } = TESTS[at] as (typeof TESTS)[number]
    if ((needs === undefined || can(has, needs)) && test(sentence)) (found ??= new Set()).add(sign)
  }
  return found
}

export function signsOf(text: string, tokens: Tokens, survey: Survey): Found {
  const whole = new Set<Sign>()
  const local: { at: number; signs: Set<Sign> }[] = []
  let attack = 0
  for (let at = 0; at < tokens.rolesIn.length; at++) {
    if (tokens.rolesIn[at] === 0) continue
    const sentence = new Sentence(tokens, at)
    const signs = ofSentence(sentence)
    if (signs !== undefined) local.push({ at, signs })
    if (sentence.any(R.attack)) attack += sentence.count(R.attack)
    if (sentence.any(R.offensive) && sentence.attacks()) whole.add('attackAct')
  }
  if (attack > 0) whole.add('attack')
  if (attack > 1 || (attack > 0 && whole.has('attackAct'))) whole.add('attackMore')
  frames(text, survey, whole)
  if (tokens.length <= 12) whole.add('short')
  return { all: new Set([...whole, ...local.flatMap(({ signs }) => [...signs])]), whole, local }
}
