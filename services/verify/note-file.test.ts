import { expect, it } from 'vitest'
import { keyOf, signerOf } from '../../test/verify/made-log.ts'
import { checkpointBody, cosignatureLine, signNote } from '../../schemas/note.ts'
import { notesIn } from './note-file.ts'

const noteOf = (size: number): string => signNote(checkpointBody({ origin: 'log.example/log', size, root: Buffer.alloc(32, size) }), signerOf(keyOf(1)))
const cosigned = noteOf(3) + cosignatureLine(noteOf(3).slice(0, noteOf(3).lastIndexOf('\n\n') + 1), { name: 'w.example', privateKey: keyOf(2) }, 1_700_000_000)

it('reads notes behind each other, with and without an empty line between, and as lines of JSON', () => {
  const notes = [noteOf(1), noteOf(2), cosigned]
  expect(notesIn(notes.join('\n'))).toEqual(notes)
  expect(notesIn(notes.join(''))).toEqual(notes)
  expect(notesIn(notes.map((note) => `${JSON.stringify({ at: 'x', note })}\n`).join(''))).toEqual(notes)
  expect(notesIn('')).toEqual([])
  expect(notesIn('\n\n')).toEqual([])
})

it('keeps a note that was cut off apart from the next', () => {
  const cut = noteOf(1).slice(0, 25)
  expect(notesIn(`${cut}\n\n${noteOf(2)}`).at(-1)).toBe(noteOf(2))
  expect(notesIn(`${cut}\n\n${noteOf(2)}`)).toHaveLength(2)
  expect(notesIn(`${noteOf(1).slice(0, -20)}\n\n${noteOf(2)}`)).toEqual([`${noteOf(1).slice(0, -20)}\n`, noteOf(2)])
})
