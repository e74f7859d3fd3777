import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { html, visible } from './html.ts'

describe('html', () => {
  it('escapes what is put in, and keeps what it made itself', () => {
    expect(html`<p title="${'"><script>'}">${[html`<b>${'a&b'}</b>`, "'x'"]}${7}</p>`.text)
      .toBe('<p title="&quot;&gt;&lt;script&gt;"><b>a&amp;b</b>&#39;x&#39;7</p>')
  })

  it('names what cannot be seen', () => {
    expect(visible('a\u0000b\u001b[31mc\u202ed\u200be\ufefff\u{e0041}g\ud800h')).toBe('a⟨U+0000⟩b⟨U+001B⟩[31mc⟨U+202E⟩d⟨U+200B⟩e⟨U+FEFF⟩f⟨U+E0041⟩g⟨U+D800⟩h')
    expect(visible('Ünïcode 漢字 🦄\n\t')).toBe('Ünïcode 漢字 🦄\n\t')
  })

  it('lets no text out of its place', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => {
      const inner = html`<p>${text}</p>`.text.slice(3, -4)
      expect(inner).not.toMatch(/[<>"'\u0000-\u0008\u000b-\u001f\u202a-\u202e]/)
      expect(inner.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&')
    }))
  })
})
