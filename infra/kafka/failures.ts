/** What went wrong in a client or a broker, as a Failure that says what to change. Told apart by typed fields, never by words. */
import { Failure } from '../../schemas/failure.ts'

/** The innermost of what kafkajs wraps in each other. */
export interface Cause {
  readonly name: string
  /** Name of a protocol error, such as `TOPIC_AUTHORIZATION_FAILED`, else ''. */
  readonly type: string
  /** Of the system, such as `ECONNREFUSED`, else ''. */
  readonly code: string
  readonly retriable: boolean
}

const field = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? (error as Readonly<Record<string, unknown>>)[name] : undefined
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const firstOf = (errors: unknown): unknown => (Array.isArray(errors) ? errors[0] : undefined)

export function causeOf(error: unknown): Cause {
  let inner = error
  for (let depth = 0; depth < 8; depth++) {
    const next = field(inner, 'cause') ?? field(inner, 'originalError') ?? firstOf(field(inner, 'errors'))
    if (next === undefined || next === inner || next === null) break
    inner = next
  }
  const type = text(field(inner, 'type')) || text(field(error, 'type'))
  const code = text(field(inner, 'code')) || text(field(error, 'code'))
  return { name: text(field(inner, 'name')), type, code, retriable: field(inner, 'retriable') === true }
}

export const isType = (error: unknown, ...types: readonly string[]): boolean => types.includes(causeOf(error).type)

/** Whether asking again cannot help until somebody changes a setting or a right. */
export const isRefusal = (error: unknown): boolean => refusalOf(causeOf(error), '') !== undefined

/** A request that was never answered: its connection may be one on which nothing comes any more. */
export const isSilence = (error: unknown): boolean => {
  const { name, code } = causeOf(error)
  return name === 'KafkaJSRequestTimeoutError' || code === 'kafka.no_answer'
}

/**
 * `doing` completes "Kafka: cannot …". Failure `misconfigured` where a setting or a right must change, else `unavailable`.
 * A Failure is given back as it is.
 */
export function failureOf(error: unknown, doing: string): Failure {
  if (error instanceof Failure) return error
  const cause = causeOf(error)
  const refusal = refusalOf(cause, doing)
  if (refusal !== undefined) return new Failure('misconfigured', refusal.code, refusal.sentence, { cause: error })
  const said = cause.type || cause.code || cause.name
  return new Failure('unavailable', 'kafka.unavailable', `Kafka: cannot ${doing}${said === '' ? '' : ` (${said})`}`, { cause: error, retryAfterSeconds: 1 })
}

/** The same for a caller that can only wait: rights and settings of a running system can be mended under it. */
export function unavailable(error: unknown, doing: string): Failure {
  const failure = failureOf(error, doing)
  if (failure.kind === 'unavailable' || failure.kind === 'rejected') return failure
  return new Failure('unavailable', failure.code, failure.message, { cause: error, retryAfterSeconds: 3 })
}

interface Refusal {
  readonly code: string
  readonly sentence: string
}

function refusalOf({ name, type, code }: Cause, doing: string): Refusal | undefined {
  const cannot = `Kafka: cannot ${doing}`
  const refusal = (word: string, what: string): Refusal => ({ code: `kafka.${word}`, sentence: `${cannot}: ${what}` })
  if (name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED') {
    return refusal('credentials', 'the broker refuses user, password or token; correct the SASL settings, or make that user on the broker')
  }
  if (type === 'UNSUPPORTED_SASL_MECHANISM') return refusal('sasl_mechanism', 'the broker does not offer this SASL mechanism; choose another one, or enable it there')
  if (type === 'ILLEGAL_SASL_STATE') return refusal('sasl', 'this listener does not ask for SASL; remove the SASL settings, or use the port of the SASL listener')
  if (type === 'TOPIC_AUTHORIZATION_FAILED') return refusal('forbidden', 'this user may not use the topic; grant it Describe, Read and Write on it, and Create or a topic made beforehand')
  if (type === 'GROUP_AUTHORIZATION_FAILED') return refusal('forbidden', 'this user may not use the consumer group; grant it Read and Describe on it')
  if (type === 'CLUSTER_AUTHORIZATION_FAILED') return refusal('forbidden', 'this user lacks a right on the cluster; grant it Create, DescribeConfigs and IdempotentWrite, or make the topics beforehand')
  if (type === 'INCONSISTENT_GROUP_PROTOCOL') return refusal('foreign_group', 'other software uses a consumer group of this name; change the prefix')
  if (type === 'INVALID_SESSION_TIMEOUT') return refusal('session_timeout', 'the broker does not take this session timeout; choose one within its group.min.session.timeout.ms and group.max.session.timeout.ms')
  if (type === 'UNSUPPORTED_VERSION') return refusal('version', 'the broker does not speak the versions that this client speaks; use Kafka 2.1 to 4.x')
  if (type === 'INVALID_REPLICATION_FACTOR') return refusal('replication', 'there are fewer brokers than copies asked for; lower the replication, or start more brokers')
  if (type === 'POLICY_VIOLATION') return refusal('policy', "the cluster's policy for topics does not allow it; make the topic beforehand, or change partitions, replication or retention")
  if (type === 'INVALID_TOPIC_EXCEPTION') return refusal('topic_name', 'this is no name for a topic; use letters, digits, dots, dashes and underscores in the prefix')
  if (type === 'INVALID_TIMESTAMP') return refusal('clock', "the broker refuses records of this machine's time, which is far from its own; set the wrong one of the two clocks (NTP)")
  if (TLS_CODES.test(code)) return refusal('tls', `TLS fails (${code}); correct ca, cert, key or serverName`)
  return undefined
}

const TLS_CODES = /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|EPROTO$)/
