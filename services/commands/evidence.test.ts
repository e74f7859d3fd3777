import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { keyOf, verifierOfKey } from '../../test/verify/made-log.ts'
import { verifierKey } from '../../schemas/note.ts'
import { evidenceCheck, evidenceExport } from './evidence.ts'

it('says of a proof that cannot be read which file it is', async () => {
  const { name, publicKey } = verifierOfKey(keyOf(1))
  const key = [verifierKey(name, publicKey)]
  for (const file of [tmpdir(), `${tmpdir()}/not-there.tlog-proof`]) {
    await expect(evidenceCheck(file, { key })).rejects.toMatchObject({ kind: 'misconfigured', message: expect.stringMatching(/^the proof .* cannot be read: (EISDIR|ENOENT)$/) as unknown })
  }
})

it('says that evidence cannot lie in a place where no folder can be made', async () => {
  const folder = `${process.execPath}/evidence`
  await expect(evidenceExport(folder, { from: 'nowhere' })).rejects.toMatchObject({
    kind: 'misconfigured', message: expect.stringMatching(/^The folder .* for the evidence cannot be made: ENOTDIR/) as unknown,
  })
})
