import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { blankAuditEvent } from '../../../schemas/audit-event.ts'
import type { KeyedHash } from '../../../schemas/ports.ts'
import { eventOf } from '../normalise/sample-telemetry.ts'
import { createRedactor } from './redactor.ts'

const keyed: KeyedHash = { of: (tenant, purpose, text) => createHmac('sha256', `${purpose} ${tenant}`).update(text).digest('hex').slice(0, 32) }
const redactor = createRedactor(keyed)
const KEY = 'watchkeeper.token.fingerprint'
const bytes = (count: number): Buffer => randomBytes(count)

/** The event of a span whose attribute or resource says the fingerprint, redacted. */
function told(text: string, where: 'attributes' | 'resource') {
  const said = { [KEY]: text }
  const event = eventOf({ kind: 2, attributes: { 'mcp.method.name': 'ping', ...(where === 'attributes' ? said : {}) } }, { resource: { 'service.name': 's', ...(where === 'resource' ? said : {}) } })
  redactor.redact(event)
  return event
}

describe.each(['attributes', 'resource'] as const)('a fingerprint in %s', (where) => {
  it.each([
    ['base64url of 16 bytes', () => `a1${bytes(16).toString('base64url')}`], ['base64url of 32 bytes', () => `a1${bytes(32).toString('base64url')}`], ['base64', () => `z9${bytes(32).toString('base64')}`],
    ['letters and digits', () => `q${BigInt(`0x${bytes(20).toString('hex')}`).toString(36)}z9`], ['a refresh token', () => `1/${bytes(32).toString('base64url')}`],
    ['one of parts', () => `oat.${bytes(8).toString('hex')}.x7${bytes(16).toString('base64url')}`],
  ])('that is the token itself (%s) is nowhere, and still one token', (_form, make) => {
    const secret = make()
    const [event, again, other] = [told(secret, where), told(secret, where), told(make(), where)]
    expect(event.token_fingerprint).toMatch(/^\[redacted:raw-token:[0-9a-f]{12}\]$/)
    expect([again.token_fingerprint === event.token_fingerprint, other.token_fingerprint === event.token_fingerprint]).toEqual([true, false])
    expect(JSON.stringify(event, (_key, value: unknown) => (value instanceof Map ? [...value] : typeof value === 'bigint' ? String(value) : value))).not.toContain(secret)
    expect(event.redacted).toContain('token_fingerprint:raw-token')
  })

  it.each([
    bytes(32).toString('hex'), bytes(8).toString('hex'), bytes(20).toString('hex').toUpperCase(), `sha256:${bytes(32).toString('hex')}`, `SHA256:${bytes(32).toString('base64')}`, randomUUID(),
    `tok-${bytes(12).toString('hex')}`, bytes(20).toString('hex').match(/../g)!.join(':'), 'alice-personal-token-2026', 'ci bot 7', 'x7Qp',
  ])('that is one (%s) stays as it was sent', (text) => {
    const event = told(text, where)
    expect([event.token_fingerprint, event.redacted]).toEqual([text, []])
  })
})

it('a label of a metric that should be a fingerprint is no token either', () => {
  const secret = `a1${bytes(32).toString('base64url')}`
  const { tenant, source, received_at } = blankAuditEvent()
  const point = redactor.point({
    point_id: '', tenant, source, received_at, metric: 'mcp.server.operation.duration', unit: 's', kind: 'sum', temporality: '', method: '', tool: '', server: '', started_at: 0n, at: 1n, count: 1n, sum: 1,
    value_seconds: 1, attributes: new Map([[KEY, secret]]),
  })
  expect(point.attributes.get(KEY)).toMatch(/^\[redacted:raw-token:/)
})
