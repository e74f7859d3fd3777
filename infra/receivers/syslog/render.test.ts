import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostileNotice } from '../../../test/receivers/hostile.ts'
import { criticalCommand, NOTICES, resolved } from '../../../test/receivers/notices.ts'
import { syslogMessage } from './render.ts'

const origin = { hostname: 'watch-1', processId: '42', largest: 8_192 }
// RFC 5424, section 6: HEADER SP STRUCTURED-DATA SP MSG, here in ASCII alone.
const FORM = /^<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) ([\x21-\x7e]{1,255}) ([\x21-\x7e]{1,48}) ([\x21-\x7e]{1,128}) ([\x21-\x7e]{1,32}) - (\{[\x20-\x7e]*\})$/
const read = (message: string) => {
  const parts = FORM.exec(message)
  if (parts === null) throw new Error(`not RFC 5424: ${message.slice(0, 200)}`)
  return { priority: Number(parts[1]), body: JSON.parse(parts[7]!) as Record<string, unknown> }
}

describe('syslog', () => {
  it.each(Object.entries(NOTICES))('shows %s', async (name, notice) => {
    const message = syslogMessage(notice, origin)
    expect(read(message).body).toMatchObject({ event: notice.type })
    await expect(`${message}\n`).toMatchFileSnapshot(`examples/${name}.txt`)
  })

  it('has the priority of its severity under log audit, and of information at the end', () => {
    expect([criticalCommand, { ...criticalCommand, data: { ...criticalCommand.data, severity: 'medium' as const } }, resolved].map((notice) => read(syslogMessage(notice, origin)).priority))
      .toEqual([13 * 8 + 2, 13 * 8 + 4, 13 * 8 + 6])
  })

  it('has a header whatever the host is called', () => {
    for (const hostname of ['', 'a b\n<1>1', 'ü', 'h'.repeat(400)]) read(syslogMessage(criticalCommand, { ...origin, hostname, processId: '' }))
  })

  it.each([1_400, 8_192])('is one line of ASCII of at most %i octets, whatever is told', (largest) => {
    fc.assert(fc.property(hostileNotice, (notice) => {
      const message = syslogMessage(notice, { ...origin, largest })
      read(message)
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(largest)
    }), { numRuns: 200 })
  })
})
