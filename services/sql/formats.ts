/** Output formats that write nothing but the result and read no schema. */
import { SqlError } from './sql-error.ts'

const TSV = 'text/tab-separated-values; charset=UTF-8'
const CSV = 'text/csv; charset=UTF-8'
const JSON_TYPE = 'application/json; charset=UTF-8'
const NDJSON = 'application/x-ndjson; charset=UTF-8'
const TEXT = 'text/plain; charset=UTF-8'
const BYTES = 'application/octet-stream'

const BY_TYPE: readonly (readonly [string, string])[] = [
  [TSV, `TSV TSVRaw TSVRawWithNames TSVRawWithNamesAndTypes TSVWithNames TSVWithNamesAndTypes TabSeparated TabSeparatedRaw
    TabSeparatedRawWithNames TabSeparatedRawWithNamesAndTypes TabSeparatedWithNames TabSeparatedWithNamesAndTypes`],
  [CSV, 'CSV CSVWithNames CSVWithNamesAndTypes'],
  [JSON_TYPE, 'JSON JSONColumns JSONColumnsWithMetadata JSONCompact JSONCompactColumns JSONCompactStrings JSONObjectEachRow JSONStrings'],
  [NDJSON, `JSONCompactEachRow JSONCompactEachRowWithNames JSONCompactEachRowWithNamesAndTypes JSONCompactEachRowWithProgress
    JSONCompactStringsEachRow JSONCompactStringsEachRowWithNames JSONCompactStringsEachRowWithNamesAndTypes JSONEachRow JSONEachRowWithProgress JSONL
    JSONLines JSONStringsEachRow NDJSON`],
  [TEXT, `LineAsString Markdown MD Null Pretty PrettyCompact PrettyCompactMonoBlock PrettyCompactNoEscapes PrettyCompactNoEscapesMonoBlock PrettyJSONEachRow
    PrettyMonoBlock PrettyNoEscapes PrettyNoEscapesMonoBlock PrettySpace PrettySpaceMonoBlock PrettySpaceNoEscapes PrettySpaceNoEscapesMonoBlock TSKV Values Vertical`],
  ['application/xml; charset=UTF-8', 'XML'],
  [BYTES, 'Arrow ArrowStream Avro BSONEachRow MsgPack Native ORC Parquet RawBLOB RowBinary RowBinaryWithNames RowBinaryWithNamesAndTypes'],
]

const contentTypes: ReadonlyMap<string, string> = new Map(
  BY_TYPE.flatMap(([type, names]) => names.split(/\s+/).map((name) => [name, type] as const)),
)

/** Names of the formats that are accepted. */
export const FORMATS: readonly string[] = [...contentTypes.keys()]

/** Content-Type of a result. Throws SqlError UNKNOWN_FORMAT for a format that is not accepted. */
export function contentTypeOf(format: string): string {
  const type = contentTypes.get(format)
  const shown = format.slice(0, 60).replace(/\W/g, '?')
  if (type === undefined) throw new SqlError('UNKNOWN_FORMAT', `Format '${shown}' is unknown or not accepted for output`)
  return type
}
