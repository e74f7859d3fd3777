/** No server runs here: each statement is parsed by the engine, and every name in it is one that the engine and our tables have. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClickHouseStore, openStore } from '../store.ts'
import { INSERT_TABLES } from '../table-store.ts'
import { PLACES } from '../removal/places.ts'
import { neededRights } from './checks.ts'
import { roleStatements, tenantStatements } from './roles.ts'

const directory = mkdtempSync(join(tmpdir(), 'wk-roles-'))
let store: ClickHouseStore
beforeAll(async () => {
  store = openStore({ directory, readers: 1 })
  await store.migrate()
})
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const statements = [...roleStatements(), ...tenantStatements('acme-1')].map((text) => text.replace(/^\s*--.*$/gm, '').replace(/\s+/g, ' ').trim())
const grants = statements.filter((text) => text.startsWith('GRANT ') && text.includes(' ON ')).map((text) => {
  const [, privileges = '', target = '', role = ''] = /^GRANT (.+) ON (\S+) TO (.+)$/.exec(text) ?? []
  return { privileges: privileges.replace(/\([^)]*\)/, '').split(', '), target, role, text }
})
const column = async (sql: string): Promise<string[]> => (await store.query(sql)).map((row) => String(Object.values(row)[0]))
const to = (role: string) => grants.filter((grant) => grant.role === role)
/** The tables after ON of a policy. */
const policyTables = (name: string): string[] => {
  const text = statements.find((statement) => statement.includes(` ${name} ON `) || statement.includes(`\`${name}\` ON `)) ?? ''
  return [...text.matchAll(/watchkeeper\.(\w+)/g)].map((match) => match[1] ?? '').sort()
}

/** Tables of no tenant. */
const NOBODYS = new Set(['rule_versions', 'rule_history', 'checkpoint_versions', 'anchor_versions'])

describe('roles', () => {
  it('every statement parses', async () => {
    expect(statements.length).toBeGreaterThan(40)
    for (const statement of statements) {
      const tree = String(await store.engine.read(`EXPLAIN AST ${statement}`, { format: 'TSVRaw' }))
      expect(tree, statement).toMatch(/^(Create|CREATE|Grant)/)
    }
    await expect(store.engine.read('EXPLAIN AST GRANT SELCT OM x TO y')).rejects.toMatchObject({ code: 62 })
  })

  it('every setting is one of the engine', async () => {
    const named = statements.filter((text) => text.startsWith('CREATE SETTINGS PROFILE'))
      .flatMap((text) => [...text.matchAll(/(?:SETTINGS|,) (\w+) =/g)].map((match) => match[1]))
    expect(named.length).toBeGreaterThan(20)
    expect(await column('SELECT name FROM system.settings')).toEqual(expect.arrayContaining(named))
  })

  it('every privilege is one of the engine, and every table is there', async () => {
    const known = await column('SELECT arrayJoin(arrayConcat([toString(privilege)], aliases)) FROM system.privileges')
    expect(known).toEqual(expect.arrayContaining([...new Set(grants.flatMap(({ privileges }) => privileges))]))
    const tables = await column("SELECT concat(database, '.', name) FROM system.tables WHERE database IN ('watchkeeper', 'system')")
    expect([...tables, 'system.query_log', 'watchkeeper.*', '*.*']).toEqual(expect.arrayContaining(grants.map(({ target }) => target)))
  })

  it('the writer gets exactly what a start asks for, and the catalogue', () => {
    const given = to('watchkeeper_writer').map(({ text }) => text.replace(/^GRANT (.+) TO .*$/, '$1'))
    expect(given.filter((right) => !right.includes('system.')).sort()).toEqual([...neededRights(INSERT_TABLES, 'write')].sort())
    expect(to('watchkeeper_writer').flatMap(({ privileges }) => privileges).filter((one) => one !== 'INSERT' && one !== 'SELECT')).toEqual([])
  })

  it('nobody may delete, update, drop a table or truncate', () => {
    const all = grants.filter(({ role }) => role !== 'watchkeeper_remover').flatMap(({ privileges }) => privileges)
    const forbidden = ['ALL', 'ALTER', 'ALTER TABLE', 'ALTER DELETE', 'ALTER UPDATE', 'DROP TABLE', 'DROP DATABASE', 'DROP', 'TRUNCATE']
    expect(all.filter((one) => forbidden.includes(one))).toEqual([])
    const removing = to('watchkeeper_remover').filter(({ privileges }) => privileges.includes('ALTER DELETE')).map(({ target }) => target.replace('watchkeeper.', ''))
    expect(removing.sort()).toEqual(['audit_events', 'finding_history', ...PLACES.map(({ table }) => table)].sort())
    for (const role of ['soc_analyst', 'auditor']) {
      expect(to(role).flatMap(({ privileges }) => privileges).filter((one) => !/^(SELECT|SHOW|SHOW ACCESS)$/.test(one))).toEqual([])
    }
  })

  it('an analyst may read every table that the views read, each under a policy', async () => {
    const readable = to('soc_analyst').map(({ target }) => target.replace('watchkeeper.', '')).sort()
    const stored = await column("SELECT name FROM system.tables WHERE database = 'watchkeeper' AND engine LIKE '%MergeTree'")
    const views = await store.query("SELECT name, as_select FROM system.tables WHERE database = 'watchkeeper' AND engine = 'View'")
    const underneath = views.flatMap(({ as_select }) => [...String(as_select).matchAll(/(?<!')watchkeeper\.(\w+)/g)].map((match) => match[1] ?? ''))
    expect(readable).toEqual(expect.arrayContaining([...views.map(({ name }) => String(name)), ...underneath]))
    const readableTables = readable.filter((name) => stored.includes(name) && !NOBODYS.has(name))
    expect(readable).toEqual(expect.arrayContaining(['rule_versions', 'checkpoint_versions', 'anchor_versions']))
    expect(policyTables('watchkeeper_no_tenant')).toEqual(readableTables)
    expect(policyTables('watchkeeper_tenant_acme-1')).toEqual(readableTables)
    const withTenant = await column("SELECT table FROM system.columns WHERE database = 'watchkeeper' AND name = 'tenant'")
    expect(withTenant).toEqual(expect.arrayContaining(readableTables))
    expect(policyTables('watchkeeper_all_tenants')).toEqual(stored.filter((name) => name !== 'schema_migrations' && !NOBODYS.has(name)).sort())
    expect(withTenant.filter((name) => NOBODYS.has(name))).toEqual([])
  })

  it('a tenant cannot be made of more than a name', () => {
    for (const name of ["a' OR 1", 'a`', 'A', '', 'a$tenant', 'x'.repeat(64), 'a\n']) expect(() => tenantStatements(name), name).toThrow(/a-z 0-9/)
    expect(tenantStatements('acme').join('\n')).toContain("USING tenant = 'acme' TO `soc_analyst_acme`")
    expect(tenantStatements('acme').join('\n').replace(/^--.*$/gm, '')).not.toContain('$')
  })
})
