import { expect, it } from 'vitest'
import { isHex } from './hex.ts'

it('takes so many lower-case hex digits and nothing else', () => {
  expect(isHex('0123456789abcdef', 16)).toBe(true)
  for (const text of ['', '0123456789abcde', '0123456789abcdef0', '0123456789abcdeF', '0123456789abcdeg', '/123456789abcdef', ':123456789abcdef', '`123456789abcdef', '0123456789abcde\u0430']) {
    expect(isHex(text, 16), text).toBe(false)
  }
})
