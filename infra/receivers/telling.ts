/** What a notice says to a person, in the order in which they need it: the words that all receivers share, before each lays them out. Pure. */
import type { AlertMessage, Notice, StormMessage, TestMessage } from '../../schemas/alert-message.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import { plain, plainLines } from './plain-text.ts'
import { count, minuteOf, spanOf } from './amounts.ts'

export interface Fact {
  readonly name: string
  readonly value: string
}

export interface Why {
  /** '' where it would only repeat the title. */
  readonly title: string
  readonly observed: string
  readonly expected: string
  /** What is usual, by those who know; '' where nobody does. */
  readonly usual: string
  /** What weighed, heaviest first. */
  readonly parts: readonly string[]
}

export interface Told {
  readonly rel: string
  readonly text: string
  readonly href: string
}

/** Nothing in it is escaped for a medium yet; nothing in it is hidden or turns text around. */
export interface Telling {
  readonly event: 'open' | 'updated' | 'acknowledged' | 'resolved' | 'reopened' | 'storm' | 'test'
  readonly severity: Severity
  /** What has happened to it, such as `CRITICAL`, `Resolved`. */
  readonly label: string
  readonly title: string
  readonly facts: readonly Fact[]
  readonly why: readonly Why[]
  /** Reasons that are not in `why`. */
  readonly moreWhy: number
  /** One line; '' where it is not known. */
  readonly lineage: string
  /** What to do, and what looks like it and is harmless. */
  readonly steps: readonly string[]
  readonly harmless: readonly string[]
  readonly sql: string
  readonly links: readonly Told[]
  /** Where it is from, for those who look it up. */
  readonly foot: string
  /** What had to be left out for room. */
  readonly leftOut: readonly string[]
}

type AlertData = AlertMessage['data']
type Reason = AlertData['why'][number]

const MOST_PARTS = 5
const MOST_STEPS = 4
const MOST_HARMLESS = 3

const eventOf = ({ type }: AlertMessage): Telling['event'] => type.slice('alert.'.length) as Telling['event']

/** `none` is worse than a wrong name: nobody is named where nobody did it. */
const doneBy = ({ status_by: by }: AlertData): string => (by === '' || by === 'watchkeeper' ? '' : ` by ${plain(by)}`)
const VERDICTS = { '': '', true: ' (it was real)', benign: ' (harmless)', duplicate: ' (told already)' } as const

function labelOf(event: Telling['event'], data: AlertData): string {
  if (event === 'acknowledged') return `Acknowledged${doneBy(data)}`
  if (event === 'resolved') return doneBy(data) === '' ? 'Gone quiet' : `Resolved${doneBy(data)}${VERDICTS[data.verdict]}`
  const severity = data.severity.toUpperCase()
  return event === 'updated' ? `${severity}, more of it` : event === 'reopened' ? `${severity} again` : severity
}

const KINDS: Readonly<Record<AlertData['who']['actor_kind'], string>> = {
  principal: '', service: 'service', client: 'client', agent: 'agent', host: 'host', unknown: '',
}

function whoOf({ who: { actor, actor_kind: kind, principal, client } }: AlertData): string {
  const word = KINDS[kind] === '' ? '' : ` (${KINDS[kind]})`
  const forWhom = principal === '' || principal === actor ? '' : ` for ${principal}`
  const through = client === '' || client === actor ? '' : ` through ${client}`
  return actor === '' ? '' : plain(`${actor}${word}${forWhom}${through}`)
}

const whereOf = ({ what: { tool, server } }: AlertData): string => plain(tool === '' || server === '' ? tool || server : `${tool} on ${server}`)

function usualOf({ usual = {} }: NonNullable<Reason['case']>): string {
  const words = [['on record', usual.self], ['its peers', usual.peers], ['the tenant', usual.tenant]] as const
  return words.flatMap(([whom, what]) => (what === undefined || what === '' ? [] : [`${whom}: ${plain(what)}`])).join('; ')
}

/** Findings are kept under keys such as `actor:ana`; people know her as ana. */
const named = (text: string): string => plain(text).replace(/\bactor:(?=\S)/g, '').replace(/\bserver:(?=\S)/g, 'server ')

function whyOf({ title, observed, expected, case: argued }: Reason, headline: string): Why {
  const weighed = argued?.weighed ?? []
  // One thing that weighs all is what was observed: said already.
  const parts = weighed.length < 2 ? [] : weighed.slice(0, MOST_PARTS).map(({ name, observed: seen, expected: wanted, weight }) =>
    named(`${Math.round(weight * 100)} %: ${name}: ${seen}${wanted === '' ? '' : `, expected ${wanted}`}`))
  const [words, seen] = [named(title), named(observed)]
  const isSaid = headline.includes(words) || (seen !== '' && headline.includes(seen))
  return { title: isSaid ? '' : words, observed: seen, expected: named(expected), usual: argued === undefined ? '' : usualOf(argued), parts }
}

/** The same words are said once, and how often; those with the most to say stand for all. */
function merged(all: readonly Why[]): Why[] {
  const alike = new Map<string, { readonly why: Why; times: number }>()
  for (const why of all) {
    const key = JSON.stringify([why.title, why.observed, why.expected])
    const known = alike.get(key)
    if (known === undefined) alike.set(key, { why, times: 1 })
    else known.times++
  }
  return [...alike.values()].map(({ why, times }) => {
    if (times === 1) return why
    return { ...why, observed: `${why.observed || why.title} (${times} times)`, title: why.observed === '' ? '' : why.title }
  })
}

const labelsOf = (labels: Readonly<Record<string, string>>): Fact[] => Object.entries(labels).map(([name, value]) => ({ name: plain(name), value: plain(value) }))
const known = (facts: readonly Fact[]): Fact[] => facts.filter(({ value }) => value !== '')
const linksOf = (links: AlertData['links']): Told[] => links.map(({ rel, text, href }) => ({ rel, text: plain(text) || rel, href }))
/** Those that say something when they are plain. */
const said = (lines: readonly string[]): string[] => lines.map(plain).filter((line) => line !== '')

function howMany({ findings, what: { detectors } }: AlertData): string {
  return `${count(findings, 'finding')}${detectors.length > 1 ? ` of ${detectors.length} kinds` : ''}: ${plain(detectors.join(', '))}`
}

function alertTelling(message: AlertMessage): Telling {
  const { data } = message
  const event = eventOf(message)
  const over = event === 'resolved' || event === 'acknowledged'
  const title = named(data.title) || 'Something unusual'
  const [rule] = data.rules
  return {
    event, severity: data.severity, label: labelOf(event, data), title,
    facts: known([
      { name: 'Reason', value: doneBy(data) === '' ? '' : plain(data.status_why) },
      { name: 'Who', value: whoOf(data) }, { name: 'Where', value: whereOf(data) },
      { name: 'Since', value: spanOf(data.first_seen, data.last_seen) }, { name: 'How many', value: howMany(data) },
      { name: 'Tenant', value: plain(data.tenant) }, ...labelsOf(data.labels),
    ]),
    why: over ? [] : merged(data.why.map((reason) => whyOf(reason, title)).filter((one) => oddness(one) !== '')), moreWhy: over ? 0 : data.why_omitted,
    lineage: over ? '' : plain(data.lineage),
    steps: over ? [] : said(rule?.runbook ?? []).slice(0, MOST_STEPS), harmless: over ? [] : said(rule?.benign ?? []).slice(0, MOST_HARMLESS),
    sql: over ? '' : plainLines(data.sql), links: linksOf(data.links),
    foot: `alert ${data.alert_id}, version ${data.version}`, leftOut: [],
  }
}

const NOTHING = { why: [], moreWhy: 0, lineage: '', steps: [], harmless: [], sql: '', links: [], leftOut: [] } as const

function stormTelling({ data }: StormMessage): Telling {
  const kinds = Object.entries(data.by_severity).filter(([, alerts]) => alerts > 0).map(([severity, alerts]) => `${alerts} ${plain(severity)}`).join(', ')
  return {
    ...NOTHING, event: 'storm', severity: data.severity, label: 'Many at once',
    title: `${count(data.messages, 'message')} about ${count(data.alerts, 'alert')} held back since ${minuteOf(data.since)}`,
    facts: known([
      { name: 'Why', value: `more than ${plain(data.receiver)} is to get in an hour; every alert is kept and can be queried` },
      { name: 'How many', value: kinds }, { name: 'Since', value: spanOf(data.since, data.until) }, { name: 'Tenant', value: plain(data.tenant) }, ...labelsOf(data.labels),
    ]),
    why: data.top.map(({ severity, title }) => ({ title: `${severity.toUpperCase()} ${named(title)}`, observed: '', expected: '', usual: '', parts: [] })),
    moreWhy: Math.max(0, data.alerts - data.top.length), sql: plainLines(data.sql), links: linksOf(data.links), foot: `storm ${plain(data.storm_id)}`,
  }
}

function testTelling({ timestamp, data }: TestMessage): Telling {
  return {
    ...NOTHING, event: 'test', severity: 'info', label: 'Test', title: plain(data.title) || 'A test',
    facts: known([
      { name: 'Meaning', value: 'nothing has happened; alerts will arrive here' }, { name: 'Receiver', value: plain(data.receiver) }, { name: 'Asked for by', value: plain(data.by) },
      ...labelsOf(data.labels),
    ]),
    foot: `test of ${minuteOf(timestamp)}`,
  }
}

export function tellingOf(notice: Notice): Telling {
  if (notice.type === 'storm.summary') return stormTelling(notice)
  return notice.type === 'receiver.test' ? testTelling(notice) : alertTelling(notice)
}

/** Of one reason, in the words of all media: what was seen against what was expected. */
export function oddness({ title, observed, expected, usual }: Why): string {
  // Some titles say it already.
  const seen = title.includes(observed) ? title : [title, observed].filter((text) => text !== '').join(': ')
  return [seen, expected === '' ? '' : `expected ${expected}`, usual].filter((text) => text !== '').join('; ')
}
