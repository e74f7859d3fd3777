import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { namesIn } from './names.ts'

describe('names in a text', () => {
  it('meet across a tool\'s arguments and a command', () => {
    const [file] = namesIn('{"path":"/srv/Data/q3.csv","recursive":true}').specific
    expect(namesIn('{"command":"rm -rf /srv/data/q3.csv && ls"}').specific).toEqual([file])
    expect(namesIn('{"url":"https://host.example/a"}').specific).toEqual(namesIn('see host.example/a.').specific)
  })

  it('leave out keys, options, escapes and what stands everywhere', () => {
    expect(namesIn('{"repository_name":true,"opts":"--no-preserve-root -rf"}')).toEqual({ specific: [], plain: [] })
    expect(namesIn('{"text":"a\\nfirst"}').plain).toEqual(namesIn('first').plain)
  })

  it('are bounded and never fail, whatever the text', () => {
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 3000, unit: 'grapheme' }), { maxLength: 4 }), (texts) => {
      const { specific, plain } = namesIn(...texts)
      expect(specific.length).toBeLessThanOrEqual(12)
      expect(plain.length).toBeLessThanOrEqual(12)
      expect([...specific, ...plain].every((hash) => Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32)).toBe(true)
    }))
  })
})
