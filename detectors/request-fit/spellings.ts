/** Other ways to write a value that mean the same: numbers, dates, account numbers, URLs. Bounded; linear in the value. */

const LONGEST = 200
const NUMBER = /^[-+]?(?:[$€£¥] ?)?(\d[\d.,' ]{0,24}?)(?: ?(?:[$€£¥%]|usd|eur|gbp|chf|dollars?|euros?|pounds?))?$/

/** The number that a text writes, with either mark for decimals; undefined where it is none or could be two. */
function numberOf(value: string): number | undefined {
  const digits = NUMBER.exec(value)?.[1]?.trim()
  if (digits === undefined || !/^\d{1,3}(?:([,.' ])\d{3})(?:\1\d{3})*(?:[.,]\d+)?$|^\d+(?:[.,]\d+)?$/.test(digits)) return undefined
  const grouped = /^\d{1,3}(?:([,.' ])\d{3})+(?!\d)/.exec(digits)
  const whole = grouped === null ? digits : grouped[0].replaceAll(grouped[1] as string, '') + digits.slice(grouped[0].length)
  const number = Number(whole.replace(',', '.'))
  return Number.isFinite(number) && number < 1e15 ? number : undefined
}

function spelledNumber(number: number): readonly string[] {
  const plain = String(number)
  const cents = number.toFixed(2)
  const grouped = number.toLocaleString('en-US', { maximumFractionDigits: 6 })
  const forms = [plain, grouped, grouped.replaceAll(',', "'"), grouped.replaceAll(',', ' ')]
  if (Number(cents) === number) {
    const groupedCents = number.toLocaleString('en-US', { minimumFractionDigits: 2 })
    forms.push(cents, groupedCents, cents.replace('.', ','), groupedCents.replace(/[.,]/g, (sign) => (sign === '.' ? ',' : '.')))
    if (Number.isInteger(number)) forms.push(`${plain}.0`)
  }
  return forms
}

const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']
const monthNamed = (name: string): number => MONTHS.findIndex((month) => month === name || (name.length >= 3 && month.startsWith(name))) + 1

interface Day {
  readonly year: number
  readonly month: number
  readonly day: number
}

/** The day that a text writes; where day and month could be either, both are tried elsewhere by how the text spells them. */
function dayOf(value: string): Day | undefined {
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[t ]\d.{0,32})?$/.exec(value)
  if (iso !== null) return dayFrom(iso[1], iso[2], iso[3])
  const named = /^([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$/.exec(value)
  if (named !== null) return dayFrom(named[3], String(monthNamed(named[1] as string)), named[2])
  const behind = /^(\d{1,2})(?:st|nd|rd|th|\.)? (?:of )?([a-z]{3,9})\.?,? (\d{4})$/.exec(value)
  return behind === null ? undefined : dayFrom(behind[3], String(monthNamed(behind[2] as string)), behind[1])
}

function dayFrom(...[year, month, day]: readonly (string | undefined)[]): Day | undefined {
  const read = { year: Number(year), month: Number(month), day: Number(day) }
  return read.month >= 1 && read.month <= 12 && read.day >= 1 && read.day <= 31 ? read : undefined
}

function ordinal(day: number): string {
  const tens = Math.floor(day / 10) === 1
  return `${day}${tens ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th')}`
}

function spelledDay({ year, month, day }: Day): readonly string[] {
  const [mm, dd] = [String(month).padStart(2, '0'), String(day).padStart(2, '0')]
  const name = MONTHS[month - 1] as string
  const short = name.slice(0, 3)
  return [
    `${year}-${mm}-${dd}`, `${year}/${mm}/${dd}`, `${mm}/${dd}/${year}`, `${month}/${day}/${year}`, `${dd}/${mm}/${year}`, `${dd}.${mm}.${year}`, `${day}.${month}.${year}`,
    ...[name, short].flatMap((word) => [`${word} ${day}`, `${day} ${word}`, `${word} ${ordinal(day)}`, `${ordinal(day)} ${word}`, `${ordinal(day)} of ${word}`]),
  ]
}

/** Account and card numbers, IBANs: drawn by a machine, written in groups by people. */
const GROUPED = /^[a-z]{0,4}\d[a-z0-9]*(?:[ -][a-z0-9]{1,8}){0,11}$/

function spelledGroups(value: string): readonly string[] {
  const squeezed = value.replaceAll(/[ -]/g, '')
  if (squeezed.length < 10 || squeezed.length > 40 || squeezed.replaceAll(/\D/g, '').length < 6) return []
  return [squeezed, squeezed.replaceAll(/(.{4})(?=.)/g, '$1 ')]
}

const ADDRESS = /^(?:[a-z][a-z0-9+.-]{1,20}:\/\/|mailto:)?(?:www\.)?([^\s/?#]+\.[^\s?#]+)/

/** Host and path without scheme, `www.`, query and fragment. */
function spelledAddress(value: string): readonly string[] {
  const bare = ADDRESS.exec(value)?.[1]
  return bare === undefined ? [] : [bare.endsWith('/') ? bare.slice(0, -1) : bare]
}

/** How else a normalised value may be written, itself first. */
export function spellingsOf(value: string): readonly string[] {
  if (value.length > LONGEST) return [value]
  const number = numberOf(value)
  const day = number === undefined ? dayOf(value) : undefined
  const others = number !== undefined ? spelledNumber(number) : day !== undefined ? spelledDay(day)
    : [...(GROUPED.test(value) ? spelledGroups(value) : []), ...spelledAddress(value)]
  return [...new Set([value, ...others])]
}

/** Whether a value is a number, so that digits behind a point or comma make it another one. */
export const isNumber = (value: string): boolean => numberOf(value) !== undefined
