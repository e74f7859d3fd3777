/** Cron expressions of five fields (minute, hour, day of month, month, day of week) as a test of minutes on the clock of a zone. */
import { offsetOf } from '../../../detectors/off-hours-token/local-time.ts'

interface Field {
  readonly name: string
  readonly least: number
  readonly most: number
  /** Words that stand for `least` and what follows. */
  readonly words?: readonly string[]
}

const FIELDS: readonly Field[] = [
  { name: 'minute', least: 0, most: 59 }, { name: 'hour', least: 0, most: 23 }, { name: 'day of month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12, words: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { name: 'day of week', least: 0, most: 7, words: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
]

const PART = /^(?:(\*)|([a-z]{3}|\d{1,2})(?:-([a-z]{3}|\d{1,2}))?)(?:\/(\d{1,2}))?$/

function numberOf(text: string, { name, least, most, words = [] }: Field): number {
  const word = words.indexOf(text)
  const number = word >= 0 ? least + word : Number(text)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new RangeError(`the ${name} goes from ${least} to ${most}`)
}

/** `*`, `5`, `1-5`, `*\/15`, `mon-fri`, and lists of those. Throws RangeError. */
function valuesOf(text: string, field: Field): ReadonlySet<number> {
  const values = new Set<number>()
  for (const part of text.toLowerCase().split(',')) {
    const match = PART.exec(part)
    if (match === null) throw new RangeError(`the ${field.name} is written *, 5, 1-5, */15 or a list of those`)
    const [, any, first = '', last, every] = match
    const from = any === undefined ? numberOf(first, field) : field.least
    const to = any !== undefined || (last === undefined && every !== undefined) ? field.most : last === undefined ? from : numberOf(last, field)
    const step = every === undefined ? 1 : Number(every)
    if (step === 0 || to < from) throw new RangeError(`the ${field.name} has a range or step that holds nothing`)
    for (let value = from; value <= to; value += step) values.add(value)
  }
  return values
}

const isAny = (text: string | undefined): boolean => text === '*'

/**
 * Whether a minute (minutes since 1970 UTC) is one that the expression names in the zone. Days are those of month or of week where both are given, as
 * cron has it. Throws RangeError that says which field is wrong.
 */
export function cronTimes(expression: string, zone: string): (minute: number) => boolean {
  const texts = expression.trim().split(/\s+/)
  if (texts.length !== FIELDS.length) throw new RangeError(`has ${texts.length} fields: it needs minute, hour, day of month, month and day of week`)
  const [minutes, hours, days, months, weekdays] = FIELDS.map((field, i) => valuesOf(texts[i] ?? '', field)) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>]
  if (weekdays.has(7)) weekdays.add(0)
  const either = !isAny(texts[2]) && !isAny(texts[4])
  return (minute) => {
    const local = new Date((minute * 60 + offsetOf(zone, minute * 60)) * 1_000)
    if (!minutes.has(local.getUTCMinutes()) || !hours.has(local.getUTCHours()) || !months.has(local.getUTCMonth() + 1)) return false
    const ofMonth = days.has(local.getUTCDate())
    const ofWeek = weekdays.has(local.getUTCDay())
    return either ? ofMonth || ofWeek : ofMonth && ofWeek
  }
}
