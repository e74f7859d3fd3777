import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { copiesLeft } from './copies.ts'

const root = mkdtempSync(join(tmpdir(), 'wk-copies-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

it('lists reports and policies that name the subject, without naming it', async () => {
  for (const [folder, text] of [['default/one', '<td>Ann@Example.org</td>'], ['default/two', '<td>bob</td>'], ['default/two/pages', 'ann@example.org']] as const) {
    mkdirSync(join(root, folder), { recursive: true })
    writeFileSync(join(root, folder, 'report.html'), text)
  }
  const policies = [{ policy: 'pay', version: 1, text: 'rules', members: "{'desk':['bob']}" }, { policy: 'pay', version: 2, text: 'rules', members: "{'desk':['ANN@example.org']}" }]
  const store = { query: async () => policies }
  const said = await copiesLeft(store, { root, tenant: 'default', names: ['ann@example.org'] })
  expect(said).toContain('default/one, default/two/pages')
  expect(said).toContain('pay version 2')
  expect(said.toLowerCase()).not.toContain('ann')
  expect(await copiesLeft({ query: async () => [] }, { root: join(root, 'none'), tenant: 'default', names: ['ann'] })).toBe('')
})
