import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../../infra/clickhouse/store.ts'
import { CONTROLS, controlsOf, QUESTIONS, questionsOf, statementOf } from './library.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-library-'))
const store = openStore({ directory, readers: 1 })
beforeAll(() => store.migrate())
afterAll(async () => {
  await store.close()
  rmSync(directory, { recursive: true, force: true })
})
const PARAMETERS = { tenant: 'a', from: '2026-05-01 00:00:00', to: '2026-07-01 00:00:00', as_of: '2026-07-01 00:00:00' }

describe('library of controls', () => {
  it('every question is asked by a control, every control asks questions that there are, ids are plain', () => {
    const asked = new Set(questionsOf(CONTROLS).map(({ id }) => id))
    expect([...QUESTIONS.keys()].filter((id) => !asked.has(id))).toEqual([])
    for (const { id, framework, questions } of CONTROLS) {
      expect(id).toMatch(new RegExp(`^${framework}-[a-z0-9-]+$`))
      expect(questions.length, id).toBeGreaterThan(0)
    }
    expect(new Set(CONTROLS.map(({ id }) => id)).size).toBe(CONTROLS.length)
  })

  it('chooses by framework and by control, and refuses other words', () => {
    expect(controlsOf(['pci-10-6', 'gdpr']).map(({ id }) => id).at(-1)).toBe('pci-10-6')
    expect(controlsOf(['all'])).toEqual(CONTROLS)
    expect(() => controlsOf(['iso'])).toThrow(/no control or framework "iso"/)
    expect(() => controlsOf(['constructor'])).toThrow(/no control/)
  })

  it.each([...QUESTIONS.values()])('$id runs, gives the columns that it says, and reads no clock', async (question) => {
    const sql = statementOf(question)
    expect(sql).not.toMatch(/\b(now|now64|today|yesterday|rand\w*|generateUUID\w*|any|anyLast|uniq|quantile\w*|avg|topK)\s*\(/i)
    expect(sql).toMatch(/\{(to|as_of):/)
    const [names = [], types = []] = String(await store.engine.read(sql, { format: 'TSVRawWithNamesAndTypes', parameters: PARAMETERS })).split('\n').map((line) => line.split('\t'))
    expect(names).toEqual([...Object.keys(question.columns), 'rows_in_all'])
    for (const type of types) expect(type).toMatch(/^(String|LowCardinality\(String\)|Int\d+|UInt\d+)$/)
  })
})
