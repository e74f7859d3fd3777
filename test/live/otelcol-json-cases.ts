/** OTLP/JSON texts, right and wrong. */
export interface JsonCase {
  readonly name: string
  readonly path: string
  readonly text: string | Buffer
}

const IDS = '"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"'
const spanOf = (fields: string): string => `{"resourceSpans":[{"scopeSpans":[{"spans":[{${fields}}]}]}]}`
const span = (name: string, fields: string): JsonCase => ({ name, path: '/v1/traces', text: spanOf(`${IDS},${fields}`) })
const bare = (name: string, fields: string): JsonCase => ({ name, path: '/v1/traces', text: spanOf(fields) })
const value = (name: string, json: string): JsonCase => span(`value ${name}`, `"attributes":[{"key":"k","value":${json}}]`)
const body = (name: string, text: string | Buffer): JsonCase => ({ name, path: '/v1/traces', text })
const log = (name: string, fields: string): JsonCase => ({ name, path: '/v1/logs', text: `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{${fields}}]}]}]}` })
const metric = (name: string, fields: string): JsonCase => ({ name, path: '/v1/metrics', text: `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m",${fields}}]}]}]}` })
const nested = (depth: number): string => `"body":${'{"arrayValue":{"values":['.repeat(depth)}{"stringValue":"x"}${']}}'.repeat(depth)}`
const NAMED = `${IDS},"name":"tools/call"`

const bodies: readonly JsonCase[] = [
  body('{}', '{}'), body('[]', '[]'), body('null', 'null'), body('a text', '"x"'), body('a number', '7'), body('white space', ' \n\t'),
  body('white space around', ` \n${spanOf(NAMED)}\n `),
  body('a byte order mark', `\u{feff}${spanOf(NAMED)}`), body('rubbish behind', `${spanOf(NAMED)} x`),
  body('two texts', `${spanOf(NAMED)}${spanOf(NAMED)}`), body('cut off', spanOf(NAMED).slice(0, -5)),
  body('a comma too many', spanOf(`${NAMED},`)), body('single quotes', spanOf(NAMED).replaceAll('"', "'")),
  body('a comment', `/* x */ ${spanOf(NAMED)}`), body('a key twice', spanOf(`${NAMED},"name":"second"`)),
  body('not UTF-8', Buffer.concat([Buffer.from(`{"resourceSpans":[{"scopeSpans":[{"spans":[{${IDS},"name":"a`), Buffer.from([0xff, 0xfe]), Buffer.from('"}]}]}]}')])),
  body('UTF-16', Buffer.from(spanOf(NAMED), 'utf16le')),
  body('resourceSpans null', '{"resourceSpans":null}'), body('resourceSpans empty', '{"resourceSpans":[]}'),
  body('resourceSpans an object', '{"resourceSpans":{}}'), body('resourceSpans a text', '{"resourceSpans":"x"}'),
  body('a null in resourceSpans', '{"resourceSpans":[null]}'), body('a number in resourceSpans', '{"resourceSpans":[7]}'),
  body('scopeSpans null', '{"resourceSpans":[{"scopeSpans":null}]}'),
  body('resource null', `{"resourceSpans":[{"resource":null,"scopeSpans":[{"scope":null,"spans":[{${NAMED}}]}]}]}`),
  body('a null for a span', '{"resourceSpans":[{"scopeSpans":[{"spans":[null]}]}]}'),
  body('snake case', `{"resource_spans":[{"scope_spans":[{"spans":[{"trace_id":"0102030405060708090a0b0c0d0e0f10","span_id":"0102030405060708","name":"x"}]}]}]}`),
  body('snake case within', spanOf(`${IDS},"parent_span_id":"0102030405060709","start_time_unix_nano":"7"`)),
  body('both spellings of a key', spanOf(`${IDS},"name":"x","trace_id":"0102030405060708090a0b0c0d0e0f11"`)),
  body('keys in capitals', `{"RESOURCESPANS":[{"scopeSpans":[]}]}`),
  body('unknown keys', `{"x":[1,{"y":null}],"resourceSpans":[{"z":1.5e300,"scopeSpans":[{"spans":[{${NAMED},"w":{"a":[[]]}}]}]}]}`),
  body('100,000 brackets', '['.repeat(100_000)), body('100,000 brackets within an unknown key', `{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
  body('1,000 brackets within an unknown key', `{"x":${'['.repeat(1_000)}${']'.repeat(1_000)},"resourceSpans":[{"scopeSpans":[{"spans":[{${NAMED}}]}]}]}`),
]

const fields: readonly JsonCase[] = [
  bare('ids in capitals', '"traceId":"0102030405060708090A0B0C0D0E0F10","spanId":"0102030405060A08"'),
  bare('ids in base64', '"traceId":"AQIDBAUGBwgJCgsMDQ4PEA==","spanId":"AQIDBAUGBwg="'), bare('ids empty', '"traceId":"","spanId":""'),
  bare('ids null', '"traceId":null,"spanId":null'),
  bare('ids of zeroes', '"traceId":"00000000000000000000000000000000","spanId":"0000000000000000"'),
  bare('a trace id of 30 digits', '"traceId":"0102030405060708090a0b0c0d0e0f","spanId":"0102030405060708"'),
  bare('a trace id of 31 digits', '"traceId":"0102030405060708090a0b0c0d0e0f1","spanId":"0102030405060708"'),
  bare('a trace id that is no hex', '"traceId":"zz02030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"'),
  bare('a trace id as a number', '"traceId":7,"spanId":"0102030405060708"'), span('name null', '"name":null'), span('name a number', '"name":7'),
  span('name an object', '"name":{}'), span('an unpaired surrogate', '"name":"\\ud800"'), span('a NUL', '"name":"a\\u0000b"'),
  span('kind as a name', '"kind":"SPAN_KIND_SERVER"'), span('kind as an unknown name', '"kind":"SERVER"'),
  span('kind as a number in quotes', '"kind":"2"'), span('kind 77', '"kind":77'), span('kind -1', '"kind":-1'), span('kind 1.5', '"kind":1.5'),
  span('kind null', '"kind":null'), span('kind 2.0', '"kind":2.0'),
  span('a time as a text', '"startTimeUnixNano":"1544712660000000000"'), span('a time as a number', '"startTimeUnixNano":1544712660000000000'),
  span('a time as 1e18', '"startTimeUnixNano":1e18'), span('a time as "1e18"', '"startTimeUnixNano":"1e18"'),
  span('a time below 0', '"startTimeUnixNano":"-1"'), span('a time of 2^64', '"startTimeUnixNano":"18446744073709551616"'),
  span('a time of 1.5', '"startTimeUnixNano":1.5'), span('a time empty', '"startTimeUnixNano":""'), span('a time null', '"startTimeUnixNano":null'),
  span('a time with white space', '"startTimeUnixNano":" 7 "'), span('a time that is no number', '"startTimeUnixNano":"x"'),
  span('a time in hex', '"startTimeUnixNano":"0x10"'), span('a time true', '"startTimeUnixNano":true'),
  span('attributes null', '"attributes":null'), span('attributes an object', '"attributes":{"k":"v"}'),
  span('attributes of null', '"attributes":[null]'), span('an attribute without a value', '"attributes":[{"key":"k"}]'),
  span('an attribute with a null value', '"attributes":[{"key":"k","value":null}]'),
  span('an attribute without a key', '"attributes":[{"value":{"stringValue":"x"}}]'),
  span('an attribute twice', '"attributes":[{"key":"k","value":{"intValue":"1"}},{"key":"k","value":{"intValue":"2"}}]'),
  span('the key __proto__', '"attributes":[{"key":"__proto__","value":{"kvlistValue":{"values":[{"key":"__proto__","value":{"boolValue":true}}]}}}]'),
  span('status null', '"status":null'), span('status code as a name', '"status":{"code":"STATUS_CODE_ERROR"}'),
  span('flags as a text', '"flags":"257"'), span('flags below 0', '"flags":-1'), span('dropped counts as texts', '"droppedAttributesCount":"3"'),
  span('events and links', '"events":[{"timeUnixNano":"1","name":"e"}],"links":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708"}]'),
]

const values: readonly JsonCase[] = [
  value('{}', '{}'), value('text', '{"stringValue":"x"}'), value('text null', '{"stringValue":null}'), value('text as a number', '{"stringValue":7}'),
  value('boolean', '{"boolValue":true}'), value('boolean as a text', '{"boolValue":"true"}'), value('boolean as 1', '{"boolValue":1}'),
  value('boolean null', '{"boolValue":null}'),
  value('integer as a text', '{"intValue":"-9223372036854775808"}'), value('integer as a number', '{"intValue":-7}'),
  value('integer of 2^63', '{"intValue":"9223372036854775808"}'), value('integer of 1.5', '{"intValue":1.5}'),
  value('integer of 1.0', '{"intValue":1.0}'), value('integer of 1e3', '{"intValue":1e3}'), value('integer of "1e3"', '{"intValue":"1e3"}'),
  value('integer empty', '{"intValue":""}'), value('integer null', '{"intValue":null}'),
  value('integer with a plus', '{"intValue":"+7"}'), value('integer with zeroes before it', '{"intValue":"007"}'),
  value('integer beyond 2^53 as a number', '{"intValue":9007199254740993}'), value('double', '{"doubleValue":1.5}'),
  value('double as a text', '{"doubleValue":"1.5"}'), value('double NaN', '{"doubleValue":"NaN"}'),
  value('double Infinity', '{"doubleValue":"Infinity"}'), value('double -Infinity', '{"doubleValue":"-Infinity"}'),
  value('double "inf"', '{"doubleValue":"inf"}'), value('double NaN without quotes', '{"doubleValue":NaN}'),
  value('double 1e400', '{"doubleValue":1e400}'), value('double "1e400"', '{"doubleValue":"1e400"}'), value('double empty', '{"doubleValue":""}'),
  value('double null', '{"doubleValue":null}'), value('bytes', '{"bytesValue":"AQIDBA=="}'),
  value('bytes without padding', '{"bytesValue":"AQIDBA"}'), value('bytes for URLs', '{"bytesValue":"-_8="}'),
  value('bytes with a line break', '{"bytesValue":"AQID\\nBA=="}'), value('bytes of no base64', '{"bytesValue":"!"}'),
  value('bytes null', '{"bytesValue":null}'),
  value('list', '{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"x"},{}]}}'), value('list null', '{"arrayValue":null}'),
  value('list {}', '{"arrayValue":{}}'), value('list of null', '{"arrayValue":{"values":[null]}}'), value('list as a list', '{"arrayValue":[]}'),
  value('map', '{"kvlistValue":{"values":[{"key":"a","value":{"intValue":"1"}}]}}'), value('map null', '{"kvlistValue":null}'),
  value('map {}', '{"kvlistValue":{}}'), value('of two kinds', '{"stringValue":"x","intValue":"7"}'),
  value('of an unknown kind', '{"dateValue":"x"}'), value('as a text', '"x"'), value('as a list', '[]'),
  value('in snake case', '{"string_value":"x"}'),
]

export const JSON_TEXTS: readonly JsonCase[] = [
  ...bodies, ...fields, ...values,
  log('severity as a name', '"severityNumber":"SEVERITY_NUMBER_INFO"'), log('severity 99', '"severityNumber":99'), log('body null', '"body":null'),
  log('values nested 20 deep', nested(20)), log('values nested 33 deep', nested(33)), log('values nested 1,000 deep', nested(1_000)),
  log('event name', '"eventName":"e","body":{"stringValue":"x"}'),
  metric('without data', '"unit":"s"'), metric('sum null', '"sum":null'),
  metric('sum', '"sum":{"dataPoints":[{"asInt":"7"},{"asInt":7},{"asDouble":1.5},{"asDouble":"NaN"}],"aggregationTemporality":2}'),
  metric('temporality as a name', '"sum":{"dataPoints":[{"asInt":"7"}],"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA"}'),
  metric('histogram', '"histogram":{"dataPoints":[{"count":"3","sum":6.5,"bucketCounts":["1","2"],"explicitBounds":[1]}]}'),
  metric('histogram, numbers as texts', '"histogram":{"dataPoints":[{"count":3,"sum":"6.5","bucketCounts":[1,2],"explicitBounds":["1"]}]}'),
  metric('summary', '"summary":{"dataPoints":[{"count":"3","sum":6.5,"quantileValues":[{"quantile":0.5,"value":2}]}]}'),
  metric('of two kinds', '"gauge":{"dataPoints":[{"asInt":"1"}]},"sum":{"dataPoints":[{"asInt":"2"}]}'),
]
