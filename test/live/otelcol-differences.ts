/**
 * Where we answer otherwise than the official Collector, on purpose, and why. What is not here and differs fails its test; what is here and does not
 * differ, too.
 */

export interface Difference {
  readonly door: 'HTTP' | 'gRPC'
  /** For the page. */
  readonly what: string
  /** Matches the names of the cases, whole. */
  readonly cases: RegExp
  readonly ours: string
  readonly theirs: string
  readonly why: string
}

const TAKEN = '200, success; taken'
const OTHERWISE = '200, success; taken otherwise'
const REFUSED = '400, code 3; nothing taken'
const CALL_TAKEN = 'OK, success; taken'
const CALL_REFUSED = 'status 3; nothing taken'
const CALL_BROKEN = 'status 13; nothing taken'
const NULLS = 'null is the same as absent in the JSON mapping of proto3'
const ID_SIZE = 'an id of another size is no id: that one span is refused (partial success), or is a root where it is its parent\'s; its neighbours are kept'
const GROUPS = 'unknown fields are skipped, groups too (protobuf encoding)'
const DEPTH = 'more than 32 values one in another (about 150 brackets in JSON) are an attack on whoever reads them next'
const UNREAD = 'fields that we do not read are skipped by their length; nothing in them is looked at'
const REMOVED = 'field 1000 was removed from OTLP before 1.0: an unknown field'
const EMPTY_METRIC = 'the Collector drops a request without a single point; a metric\'s name alone is kept by us until the normaliser skips it'

const UNDECODABLE = new RegExp([
  'content-type application/grpc\\+json', 'protobuf: (cut off .*|without its last byte|zeroes|ones|text|a length (beyond|of nearly) .*)',
  'protobuf: (a varint .*|field number 0|wire type \\d|a group that .*|100,000 groups .*)',
  'protobuf: ((resource_spans|a span|a name|a kind|a time|attributes|an id) as .*)',
].join('|'))

type Answers = readonly [ours: string, theirs: string]
const http = (what: string, cases: RegExp, [ours, theirs]: Answers, why: string): Difference => ({ door: 'HTTP', what, cases, ours, theirs, why })
const grpc = (what: string, cases: RegExp, [ours, theirs]: Answers, why: string): Difference => ({ door: 'gRPC', what, cases, ours, theirs, why })

const heads: readonly Difference[] = [
  http(
    'parameters of no form behind the content type', /content-type application\/json; =/, [TAKEN, '415, no OTLP, text/plain; nothing taken'],
    'parameters do not matter, so they are not read',
  ),
  http(
    '`identity`, or `GZIP` in capitals', /content-encoding (identity|gzip in capitals)/, [TAKEN, REFUSED],
    'names of content codings are case-insensitive, and identity means none (RFC 9110, 8.4.1)',
  ),
  http(
    'deflate, zlib (zstd, snappy, lz4 as well)', /content-encoding (deflate|zlib)/, ['415, code 3; nothing taken', TAKEN],
    'OTLP names gzip only; each further format is more to attack',
  ),
  http(
    'a content coding that is not known',
    /content-encoding (gzip twice|deflate, raw|br|of no known name)/, ['415, code 3; nothing taken', REFUSED],
    '415 with Accept-Encoding says what would be understood (RFC 9110, 15.5.16)',
  ),
  http(
    'over the size limit', /over the limit.*|content-encoding gzip, inflated over the limit/, ['413, code 8; nothing taken', REFUSED],
    '413 is what HTTP has for it (RFC 9110, 15.5.14); exporters do not retry either',
  ),
  http(
    'a path that is not one of ours',
    /path (?!\/\/|\/v1\/\.|\/v1\/%|.*\?).*/, ['404, code 5; nothing taken', '404, no OTLP, text/plain; nothing taken'],
    'the body of every 4xx and 5xx is a Status (OTLP specification, "Failures")',
  ),
  http(
    'a path that could be put in order', /path (\/\/v1\/traces|\/v1\/\.\/traces)/, ['404, code 5; nothing taken', '307, empty; nothing taken'],
    'exporters do not follow redirects with a body; a clear 404 is seen at once',
  ),
  http(
    'a path with letters percent-encoded', /path \/v1\/%74races/, ['404, code 5; nothing taken', TAKEN],
    'paths are compared as sent, so that a proxy\'s rules and ours see the same',
  ),
  http(
    'a method that is not POST',
    /method (?!HEAD).*|preflight of a web page/, ['405, code 12; nothing taken', '405, no OTLP, text/plain; nothing taken'],
    'the body of every 4xx and 5xx is a Status',
  ),
  http('HEAD', /method HEAD/, ['405, no body; nothing taken', '405, no body, text/plain; nothing taken'], 'the same, seen in the content type only'),
  http(
    'with an `Origin`', /from a web page \(origin\)/, ['403, code 7; nothing taken', TAKEN],
    'only a web page sends it: nobody may be lured into writing to the audit log',
  ),
  http(
    'protobuf or a byte order mark where JSON should be',
    /protobuf said to be JSON|JSON: a byte order mark/, [REFUSED, '500, code 13; nothing taken'],
    'it cannot be decoded: 400 (OTLP specification, "Bad Data")',
  ),
  http(
    'what is behind is away', /behind: away/, ['503, code 14, Retry-After; nothing taken', '503, code 14; nothing taken'],
    'says when to come again',
  ),
]

const bodies: readonly Difference[] = [
  http('protobuf: an unknown group', /protobuf: (an unknown group|20 groups one in another)/, [TAKEN, REFUSED], GROUPS),
  http('protobuf: an id of another size', /protobuf: a (trace|span|parent) id of \d+ bytes/, [TAKEN, REFUSED], ID_SIZE),
  http('protobuf: InstrumentationLibrarySpans', /protobuf: the removed .*/, ['200, success; nothing taken', TAKEN], REMOVED),
  http('protobuf, JSON: deeply nested values', /(protobuf|JSON): values nested (33|60|1,000) deep/, [REFUSED, TAKEN], DEPTH),
  http('JSON: deeply nested unknown key', /JSON: 1,000 brackets within an unknown key/, [REFUSED, TAKEN], DEPTH),
  http('protobuf: a metric without points', /protobuf: a sum without points/, [TAKEN, '200, success; nothing taken'], EMPTY_METRIC),
  http('protobuf: rubbish within bucket counts', /protobuf: bucket counts packed, cut off/, [TAKEN, REFUSED], UNREAD),
  http('JSON: flags below 0', /JSON: flags below 0/, [TAKEN, '500, code 13; nothing taken'], UNREAD),
  http('JSON: something behind the text', /JSON: (rubbish behind|two texts)/, [REFUSED, TAKEN], 'it is no JSON text (RFC 8259)'),
  http(
    'JSON: unknown keys and nothing else', /JSON: keys in capitals|JSON spans to \/v1\/logs/, ['200, partial success; nothing taken', '200, success; nothing taken'],
    'unknown keys are ignored by both; we name them, with nothing rejected, or the sender would never learn that all it says is lost',
  ),
  http(
    'JSON: a key in both spellings', /JSON: both spellings of a key/, [REFUSED, TAKEN],
    'lowerCamelCase and the name in the .proto file are one key; twice, readers would differ in what they see',
  ),
  http('JSON: null', /JSON: (ids|kind|a time|value (boolean|integer|double|bytes)) null/, [TAKEN, REFUSED], NULLS),
  http(
    'JSON: null as text, list or map', /JSON: value (text|list|map) null/, [TAKEN, OTHERWISE],
    `${NULLS}: no value, where the Collector has an empty one`,
  ),
  http('JSON: an id of another size', /JSON: a trace id of 3[01] digits/, [TAKEN, REFUSED], ID_SIZE),
  http(
    'JSON: enums by name', /JSON: (kind|status code|severity|temporality) as a name/, [REFUSED, TAKEN],
    '"enum names MUST NOT be used" (OTLP specification)',
  ),
  http(
    'JSON: integers as 2.0, 1e3, 1e18', /JSON: (kind 2\.0|a time as 1e18|value integer of (1\.0|1e3))/, [TAKEN, REFUSED],
    'the JSON mapping of proto3 takes exponents and fractions of zero',
  ),
  http('JSON: "+7", "inf"', /JSON: value (integer with a plus|double "inf")/, [REFUSED, TAKEN], 'the JSON mapping of proto3 has neither'),
  http(
    'JSON: base64 for URLs, or without padding', /JSON: value bytes (without padding|for URLs)/, [TAKEN, REFUSED],
    'the JSON mapping of proto3 takes both alphabets, padded or not',
  ),
  http('JSON: a metric of two kinds', /JSON: of two kinds/, [REFUSED, TAKEN], 'two members of a oneof are an error in the JSON mapping of proto3'),
]

const calls: readonly Difference[] = [
  grpc(
    'a message that cannot be decoded', UNDECODABLE, [CALL_REFUSED, CALL_BROKEN],
    'INVALID_ARGUMENT: the sender\'s fault; INTERNAL would be ours. Neither is retried',
  ),
  grpc(
    'an unknown group, rubbish within bucket counts, an id of another size',
    /protobuf: (an unknown group|20 groups one in another|bucket counts packed, cut off|a (trace|span|parent) id of \d+ bytes)/, [CALL_TAKEN, CALL_BROKEN],
    'as over HTTP',
  ),
  grpc('InstrumentationLibrarySpans', /protobuf: the removed .*/, ['OK, success; nothing taken', CALL_TAKEN], REMOVED),
  grpc('deeply nested values', /protobuf: values nested (33|60|1,000) deep/, [CALL_REFUSED, CALL_TAKEN], DEPTH),
  grpc('a metric without points', /protobuf: a sum without points/, [CALL_TAKEN, 'OK, success; nothing taken'], EMPTY_METRIC),
  grpc(
    'no message, or one cut off', /no message at all|a (message|length) cut off/, ['status 12; nothing taken', 'status 2; nothing taken'],
    'UNIMPLEMENTED is gRPC\'s code for a call without its one message (@grpc/grpc-js)',
  ),
  grpc('two messages', /two messages/, ['status 12; nothing taken', CALL_TAKEN], 'the same; the Collector forgets the second'),
  grpc(
    'a flag of no meaning, or compressed by nothing', /a flag of 7|said to be compressed, without a coding/, [CALL_TAKEN, CALL_BROKEN],
    '@grpc/grpc-js reads on; what it then reads is checked as ever',
  ),
  grpc('deflate', /grpc-encoding deflate/, [CALL_TAKEN, 'status 12; nothing taken'], '@grpc/grpc-js has it'),
  grpc(
    'a content type that is not gRPC',
    /content-type application\/x-protobuf|no content-type/, ['HTTP 415, status none, stream ended; nothing taken', 'HTTP 415, status 3; nothing taken'],
    'who speaks no gRPC reads no grpc-status',
  ),
  grpc('PUT', /method PUT/, [CALL_TAKEN, 'HTTP 405, status 13; nothing taken'], '@grpc/grpc-js does not look at the method'),
  grpc(
    'a deadline that is over', /a deadline that is over/, [CALL_TAKEN, 'status 4; nothing taken'],
    'the message is here: it is kept, and told from a second sending by its ids',
  ),
  grpc('a deadline of no form', /a deadline of no form/, [CALL_BROKEN, 'HTTP 400, status 13; nothing taken'], 'the same code in another place'),
  grpc('what is behind is away', /behind: away/, ['status 14, with RetryInfo; nothing taken', 'status 14; nothing taken'], 'says when to come again'),
]

export const DIFFERENCES: readonly Difference[] = [...heads, ...bodies, ...calls]

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** The table of `docs/interoperability.md`. */
export const differencesTable = (): string => [
  '| door | request | we answer | the Collector answers | why |', '| --- | --- | --- | --- | --- |',
  ...DIFFERENCES.map(({ door, what, ours, theirs, why }) => `| ${[door, what, ours, theirs, why].map(cell).join(' | ')} |`),
].join('\n')
