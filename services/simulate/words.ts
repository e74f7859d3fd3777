/** Words that the company's people, customers, files and texts are made of. */
import type { Dice } from './dice.ts'

export const FIRST = ('amira bo chen dana eli fatou goran hana ivo maria noah olga pedro quinn rosa sven tara umar vera wei xenia yusuf zoe anil bella carlos deepa erik farah gita hugo ines jonas kavya liam mei nora ' +
  'omar priya rafael sofia tomas uma viktor wanda xavier yara zane aisha bruno clara diego emma felix grace hassan ida jamal kira luca mina nils oscar paula ravi sara theo').split(' ')
export const LAST = ('adler becker costa dias evans fischer gupta hansen iyer jansen keller lopez meyer novak okafor patel quist rossi silva tan ueda vogel weber xu young zimmer abbas braun chandra duarte engel foster ' +
  'garcia haddad ibrahim joshi klein lange mendes nguyen oliveira peters rao schmidt torres ullman verma wong yilmaz ziegler').split(' ')
export const COMPANIES = ('globex initech umbrella hooli vandelay stark wayne tyrell cyberdyne aperture wonka oscorp monarch pied-piper soylent massive-dynamic bluth dunder prestige duff gringotts ollivander ' +
  'weyland nakatomi virtucon zorin octan sirius kwikemart planetexpress buynlarge rekall').split(' ')
export const PROJECTS = 'apollo borealis cascade delta ember falcon glacier horizon indigo juniper kestrel lagoon meridian nimbus orchid pioneer quartz ridge summit tundra'.split(' ')
export const NOUNS = ('invoice contract roadmap budget forecast launch migration onboarding retention pricing hiring incident release survey audit renewal outage latency capacity backlog design research partner campaign ' +
  'training compliance inventory shipment warranty quality').split(' ')
const FILL = ('the team agreed to move the date because numbers of last quarter were better than planned and open questions about delivery remain with operations who will report next week after talking to customers in ' +
  'the region while costs stay within what was approved and risks are listed below with owners for each point').split(' ')

export const COMPANY_DOMAIN = 'acme.example'

/** Running text of about so many characters. */
export function prose(dice: Dice, characters: number): string {
  const words: string[] = []
  let length = 0
  while (length < characters) {
    const at = dice.int(0, FILL.length - 6)
    const some = FILL.slice(at, at + dice.int(4, 12))
    const sentence = `${some.join(' ')} ${dice.pick(NOUNS)}`
    words.push(`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`)
    length += sentence.length + 2
  }
  return words.join(' ')
}

export const customerId = (company: string): string => `C-${10_000 + ([...company].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 89_999, 7))}`
export const customerMail = (dice: Dice, company: string): string => `${dice.pick(FIRST)}.${dice.pick(LAST)}@${company}.example`
export const iban = (dice: Dice): string => `DE${dice.int(10, 99)}${Array.from({ length: 18 }, () => dice.int(0, 9)).join('')}`

/** Rows of a table as JSON, about so many characters. */
export function rows(characters: number, row: (index: number) => object): string {
  const out: string[] = []
  let length = 0
  for (let index = 0; length < characters; index++) {
    const text = JSON.stringify(row(index))
    out.push(text)
    length += text.length + 1
  }
  return `[${out.join(',')}]`
}

export const customerRow = (dice: Dice) => (): object => {
  const company = dice.pick(COMPANIES)
  return { id: `C-${dice.int(10_000, 99_999)}`, company, contact: customerMail(dice, company), city: dice.pick(['Kiel', 'Austin', 'Pune', 'Leeds', 'Recife', 'Lyon', 'Turin']), revenue: dice.int(1_000, 900_000) }
}
