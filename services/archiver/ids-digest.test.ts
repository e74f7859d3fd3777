import { hash } from 'node:crypto'
import { expect, it } from 'vitest'
import { digestOfIds } from './ids-digest.ts'

it('is the digest of the ids with commas between them, whatever they are: tokens of inserts that are tried again by another version must be the same', () => {
  const ids = Array.from({ length: 300 }, (_, number) => number.toString(16).padStart(32, 'a'))
  for (const each of [[], ids.slice(0, 1), ids, [...ids, 'short'], [...ids, 'ü'.repeat(32)]]) expect(digestOfIds(each)).toBe(hash('sha256', each.join(), 'hex'))
})
