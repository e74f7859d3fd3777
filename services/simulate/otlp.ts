/** ExportTraceServiceRequest and ExportLogsServiceRequest in protobuf, as an OpenTelemetry Collector sends batches of several resources on. */

export type Value = string | number | boolean
export type Attributes = readonly (readonly [key: string, value: Value])[]

/** One process that exports; the same object stands for the same resource. */
export interface Resource {
  readonly attributes: Attributes
}

interface Record {
  readonly resource: Resource
  readonly scope: string
  readonly scopeVersion: string
  /** Milliseconds since 1970; fractions count. */
  readonly at: number
  readonly attributes: Attributes
  /** 32 and 16 hex digits; '' = none, of a log record only. */
  readonly traceId: string
  readonly spanId: string
}
export interface Span extends Record {
  readonly signal: 'span'
  readonly name: string
  /** 1 internal, 2 server, 3 client. */
  readonly kind: 1 | 2 | 3
  readonly parent: string
  readonly end: number
  readonly failed?: string
}
export interface LogRecord extends Record {
  readonly signal: 'log'
  readonly eventName: string
  readonly body: string
}

class Writer {
  buffer = Buffer.allocUnsafe(1 << 20)
  at = 0

  #room(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + bytes))
    this.buffer.copy(larger, 0, 0, this.at)
    this.buffer = larger
  }

  varint(value: number): void {
    this.#room(10)
    let rest = value
    while (rest > 127) {
      this.buffer[this.at++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.buffer[this.at++] = rest
  }

  number(field: number, value: number): void {
    this.varint(field * 8)
    this.varint(value)
  }

  /** Nanoseconds of a time in milliseconds. */
  time(field: number, milliseconds: number): void {
    this.varint(field * 8 + 1)
    this.#room(8)
    this.at = this.buffer.writeBigUInt64LE(BigInt(Math.round(milliseconds * 1000)) * 1000n, this.at)
  }

  double(field: number, value: number): void {
    this.varint(field * 8 + 1)
    this.#room(8)
    this.at = this.buffer.writeDoubleLE(value, this.at)
  }

  text(field: number, value: string): void {
    const length = Buffer.byteLength(value)
    this.varint(field * 8 + 2)
    this.varint(length)
    this.#room(length)
    this.at += this.buffer.write(value, this.at)
  }

  id(field: number, hex: string): void {
    if (hex === '') return
    this.varint(field * 8 + 2)
    this.varint(hex.length / 2)
    this.#room(hex.length / 2)
    this.at += this.buffer.write(hex, this.at, 'hex')
  }

  /** A message within: its length is known when it is written. */
  within(field: number, write: () => void): void {
    this.varint(field * 8 + 2)
    const start = this.at
    write()
    const length = this.at - start
    const size = length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4
    this.#room(size)
    this.buffer.copyWithin(start + size, start, this.at)
    this.at = start
    this.varint(length)
    this.at = start + size + length
  }

  attributes(field: number, attributes: Attributes): void {
    for (const [key, value] of attributes) {
      this.within(field, () => {
        this.text(1, key)
        this.within(2, () => this.#value(value))
      })
    }
  }

  #value(value: Value): void {
    if (typeof value === 'string') this.text(1, value)
    else if (typeof value === 'boolean') this.number(2, value ? 1 : 0)
    else if (Number.isSafeInteger(value) && value >= 0) this.number(3, value)
    else this.double(4, value)
  }

  taken(): Buffer {
    const bytes = Buffer.from(this.buffer.subarray(0, this.at))
    this.at = 0
    return bytes
  }
}

const writer = new Writer()

function writeSpan(span: Span): void {
  writer.id(1, span.traceId)
  writer.id(2, span.spanId)
  writer.id(4, span.parent)
  writer.text(5, span.name)
  writer.number(6, span.kind)
  writer.time(7, span.at)
  writer.time(8, span.end)
  writer.attributes(9, span.attributes)
  if (span.failed === undefined) return
  const message = span.failed
  writer.within(15, () => {
    if (message !== '') writer.text(2, message)
    writer.number(3, 2)
  })
}

function writeLog(log: LogRecord): void {
  writer.time(1, log.at)
  writer.number(2, 9)
  writer.text(3, 'INFO')
  writer.within(5, () => writer.text(1, log.body))
  writer.attributes(6, log.attributes)
  writer.id(9, log.traceId)
  writer.id(10, log.spanId)
  writer.time(11, log.at + 1)
  writer.text(12, log.eventName)
}

function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const known = groups.get(key)
    if (known === undefined) groups.set(key, [item])
    else known.push(item)
  }
  return groups
}

/** Body of one request; all records of one signal, in the order of their resources. */
export function encode<T extends Span | LogRecord>(records: readonly T[]): Buffer {
  for (const [resource, own] of grouped(records, (record) => record.resource)) {
    writer.within(1, () => {
      writer.within(1, () => writer.attributes(1, resource.attributes))
      for (const [, scoped] of grouped(own, (record) => `${record.scope} ${record.scopeVersion}`)) {
        const [{ scope, scopeVersion }] = scoped as [T]
        writer.within(2, () => {
          writer.within(1, () => {
            writer.text(1, scope)
            writer.text(2, scopeVersion)
          })
          for (const record of scoped) writer.within(2, () => (record.signal === 'span' ? writeSpan(record) : writeLog(record)))
        })
      }
    })
  }
  return writer.taken()
}
