/** Which alerts: filters, and the place to go on at. */
import { z } from 'zod'
import { AlertStatus, AlertVerdict } from '../../../schemas/alert.ts'
import { sqlText, sqlTexts } from '../../../schemas/sql-literal.ts'
import { Severity } from '../../../schemas/vocabulary.ts'
import { Refusal } from '../problem.ts'

const word = z.string().min(1).max(256)
const words = z.array(word).max(64).optional()
export const instant = z.iso.datetime({ offset: true })

/** What every list takes. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(512).optional().describe('`next` of the page before'),
}

export const AlertFilter = z.strictObject({
  status: z.array(AlertStatus).optional(),
  severity: z.array(Severity).optional(),
  verdict: z.array(AlertVerdict.exclude([''])).optional(),
  detector: words.describe('Any of its detectors'),
  family: words.describe('Any of its families'),
  actor: words.describe('Its actor or principal'),
  server: words,
  tenant: word.optional().describe('For a token of every tenant; others have their own'),
  since: instant.optional().describe('Changed at or after this time'),
  until: instant.optional().describe('Opened before this time'),
  text: word.optional().describe('Stands in title, reasons, lineage, actor, server, tool or note, upper and lower case alike'),
  ...paging,
})
export type AlertFilter = z.infer<typeof AlertFilter>

export const nanosecondsOf = (iso: string): bigint => BigInt(Date.parse(iso)) * 1_000_000n

/** A time in whole nanoseconds as SQL; more exact than what is shown. */
export const exactTime = (nanoseconds: bigint): string => `fromUnixTimestamp64Nano(toInt64(${nanoseconds}), 'UTC')`

export interface Cursor {
  readonly at: bigint
  readonly id: string
}

export const cursorText = ({ at, id }: Cursor): string => Buffer.from(`${at} ${id}`).toString('base64url')

export function cursorOf(text: string): Cursor {
  const found = /^(\d{1,19}) ([\x21-\x7e]{1,256})$/.exec(Buffer.from(text, 'base64url').toString())
  if (found === null) throw new Refusal(400, 'cursor: is none of ours; take `next` of the page before as it is')
  return { at: BigInt(found[1] ?? '0'), id: found[2] ?? '' }
}

const anyOf = (column: string, values: readonly string[] | undefined): string[] => (values === undefined || values.length === 0 ? [] : [`${column} IN ${sqlTexts(values)}`])
const hasAny = (column: string, values: readonly string[] | undefined): string[] =>
  (values === undefined || values.length === 0 ? [] : [`hasAny(${column}, [${values.map(sqlText).join(', ')}])`])
const TEXTS = ['title', 'lineage', 'actor', 'principal', 'server', 'tool', 'status_why']

/** Newest first, each alert once: where it stands does not change while it lives, so new ones move nothing. */
export function alertConditions(filter: AlertFilter, tenant: string | undefined): string {
  const { cursor, since, until, text } = filter
  const after = cursor === undefined ? undefined : cursorOf(cursor)
  const stands = (column: string): string => `positionCaseInsensitiveUTF8(${column}, ${sqlText(text ?? '')}) > 0`
  return [
    ...(tenant === undefined ? ['1'] : [`tenant = ${sqlText(tenant)}`]),
    ...anyOf('status', filter.status), ...anyOf('severity', filter.severity), ...anyOf('verdict', filter.verdict), ...anyOf('server', filter.server),
    ...hasAny('detectors', filter.detector), ...hasAny('families', filter.family),
    ...(filter.actor === undefined ? [] : [`(actor IN ${sqlTexts(filter.actor)} OR principal IN ${sqlTexts(filter.actor)})`]),
    ...(since === undefined ? [] : [`updated_at >= ${exactTime(nanosecondsOf(since))}`]),
    ...(until === undefined ? [] : [`created_at < ${exactTime(nanosecondsOf(until))}`]),
    ...(text === undefined ? [] : [`(${[...TEXTS.map(stands), `arrayExists(reason -> ${stands('reason')}, reasons)`].join(' OR ')})`]),
    ...(after === undefined ? [] : [`(created_at, alert_id) < (${exactTime(after.at)}, ${sqlText(after.id)})`]),
  ].join(' AND ')
}
