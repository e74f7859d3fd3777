import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostileNotice } from '../../../test/receivers/hostile.ts'
import { criticalCommand, NOTICES } from '../../../test/receivers/notices.ts'
import { mailOf } from './render.ts'

const shown = ({ subject, text }: ReturnType<typeof mailOf>): string => `Subject: ${subject}\n\n${text}`

describe('e-mail', () => {
  it.each(Object.entries(NOTICES))('shows %s', async (name, notice) => {
    await expect(shown(mailOf(notice))).toMatchFileSnapshot(`examples/${name}.txt`)
  })

  it('makes no link of what strangers wrote, and keeps ours', () => {
    const mail = mailOf({ ...criticalCommand, data: { ...criticalCommand.data, title: 'see https://evil.example/a and WWW.evil.example' } })
    expect(mail.subject).toContain('see hxxps://evil.example/a and www[.]evil.example')
    expect(mail.text).toContain('https://watchkeeper.example.org/alerts/')
    expect(mail.text).not.toContain('https://evil')
  })

  it('has one line for its subject and nothing hidden, whatever is told', () => {
    fc.assert(fc.property(hostileNotice, (notice) => {
      const { subject, text } = mailOf(notice)
      expect(subject).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]{1,200}$/)
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/)
      expect(text.length).toBeLessThanOrEqual(100_000)
      const ours = 'links' in notice.data ? notice.data.links.map(({ href }) => href) : []
      expect(ours.reduce((left, href) => left.replaceAll(href, ''), text)).not.toMatch(/https?:\/\//i)
    }), { numRuns: 200 })
  })
})
