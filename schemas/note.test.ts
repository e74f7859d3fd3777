import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { leafHash } from './merkle.ts'
import {
  checkpointBody, cosignatureLine, COSIGNATURE, openNote, parseCheckpoint, parseVerifierKey, rawPublicKey, signNote, verifierKey, verifierOf,
} from './note.ts'

/** The example of C2SP signed-note. */
const EXAMPLE_KEY = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
const EXAMPLE = 'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const signer = { name: 'log.example/events/0', privateKey }
const known = verifierOf(signer.name, publicKey)
const body = checkpointBody({ origin: signer.name, size: 3, root: leafHash(Buffer.from('a')) })
const keyOf = (line: string): NonNullable<ReturnType<typeof parseVerifierKey>> => parseVerifierKey(line)!

test("opens the specification's example", () => {
  expect(openNote(EXAMPLE, [keyOf(EXAMPLE_KEY)])).toMatchObject({ body: 'This is an example message.\n' })
  expect(openNote(EXAMPLE.replace('This', 'Thus'), [keyOf(EXAMPLE_KEY)])).toEqual({ refused: 'false signature' })
})

test('a key goes through its line and back', () => {
  expect(keyOf(verifierKey(signer.name, publicKey))).toEqual(known)
  expect(keyOf(verifierKey('w.example', publicKey, COSIGNATURE)).type).toBe(COSIGNATURE)
  expect(rawPublicKey(privateKey)).toEqual(rawPublicKey(publicKey))
  const line = verifierKey(signer.name, publicKey)
  for (const wrong of ['', line.slice(0, -4), line.replace('log.', 'lag.'), `${line}\n`, line.replace(/\+[0-9a-f]{8}\+/, '+00000000+')]) {
    expect(parseVerifierKey(wrong)).toBeUndefined()
  }
  expect(() => verifierOf('a b', publicKey)).toThrow(RangeError)
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  expect(() => rawPublicKey(createPrivateKey(rsa.export({ format: 'pem', type: 'pkcs8' })))).toThrow(TypeError)
})

test('what is signed opens, with others passed over and known ones told', () => {
  const witness = generateKeyPairSync('ed25519')
  const note = signNote(body, signer) + cosignatureLine(body, { name: 'w.example', privateKey: witness.privateKey }, 1_700_000_000)
  const seer = verifierOf('w.example', witness.publicKey, COSIGNATURE)
  expect(openNote(note, [known])).toEqual({ body, signatures: [{ verifier: known, time: 0 }] })
  expect(openNote(note, [seer, known])).toEqual({ body, signatures: [{ verifier: known, time: 0 }, { verifier: seer, time: 1_700_000_000 }] })
  expect(openNote(note, [verifierOf('other', publicKey)])).toEqual({ refused: 'no known signature' })
  expect(openNote(note, [])).toEqual({ refused: 'no known signature' })
})

test('a witness line does not open under another time or text', () => {
  const line = cosignatureLine(body, signer, 1_700_000_000)
  const seer = verifierOf(signer.name, publicKey, COSIGNATURE)
  const bytes = Buffer.from(line.split(' ')[2]!, 'base64')
  bytes[11]! ^= 1
  expect(openNote(`${body}\n${line}`, [seer])).toHaveProperty('body')
  expect(openNote(`${body}\n— ${signer.name} ${bytes.toString('base64')}\n`, [seer])).toEqual({ refused: 'false signature' })
  expect(openNote(`${body.replace('\n3\n', '\n4\n')}\n${line}`, [seer])).toEqual({ refused: 'false signature' })
})

test('a note that was cut off is none, and nobody is said to have forged it', () => {
  const note = signNote(body, signer)
  for (let length = 0; length < note.length - 1; length++) expect(openNote(`${note.slice(0, length)}\n`, [known])).not.toMatchObject({ refused: 'false signature' })
  for (let length = 0; length < note.length - 1; length++) expect(openNote(`${note.slice(0, length)}\n`, [known])).toHaveProperty('refused')
})

test('any single flipped bit of a note is noticed', () => {
  const note = Buffer.from(signNote(body, signer))
  fc.assert(fc.property(fc.nat(note.length * 8 - 1), (bit) => {
    const bytes = Buffer.from(note)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    expect(openNote(bytes.toString('utf8'), [known])).toHaveProperty('refused')
  }), { numRuns: 1000 })
})

test('whatever else is given is refused and not thrown at', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
    for (const note of [text, `${text}\n\n— a b\n`, `${body}\n${text}`, `${body}\n— ${text}\n`]) expect(openNote(note, [known])).toHaveProperty('refused')
    expect(parseVerifierKey(text)).toBeUndefined()
  }))
  expect(() => signNote('no newline', signer)).toThrow(RangeError)
  expect(() => signNote('a\tb\n', signer)).toThrow(RangeError)
})

test('checkpoints are read as strictly as they are written', () => {
  const root = leafHash(Buffer.from('a'))
  fc.assert(fc.property(fc.maxSafeInteger().filter((size) => size >= 0), (size) => {
    expect(parseCheckpoint(checkpointBody({ origin: 'a/b', size, root }))).toEqual({ origin: 'a/b', size, root })
  }))
  const base64 = root.toString('base64')
  expect(parseCheckpoint(`a\n3\n${base64}\nmore\n`)).toEqual({ origin: 'a', size: 3, root })
  const timed = { origin: 'a', size: 3, root, madeAt: 1_795_327_739_123_456_789n }
  expect(checkpointBody(timed)).toBe(`a\n3\n${base64}\nmade_at 1795327739123456789\n`)
  expect(parseCheckpoint(`${checkpointBody(timed)}more\n`)).toEqual(timed)
  expect(parseCheckpoint(`a\n3\n${base64}\nmade_at soon\n`)).toEqual({ origin: 'a', size: 3, root })
  for (const wrong of ['', 'a\n3\n', `a\n3\n${base64}`, `\n3\n${base64}\n`, `a\n03\n${base64}\n`, `a\n-1\n${base64}\n`, `a\n9007199254740993\n${base64}\n`,
    `a\n3\n${base64.slice(0, -4)}\n`, `a\n3\n${base64.replace('=', '')}\n`, `a\n3\n${base64}\n\n`, `a\n3\n ${base64}\n`]) expect(parseCheckpoint(wrong)).toBeUndefined()
})
