/** What Grafana is provisioned with: every panel's SQL runs on the real engine, over the real migrations, and returns what the panel shows. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStore } from '../../infra/clickhouse/store.ts'
import { insertRows } from './grafana-rows.ts'

const GRAFANA = new URL('../../infra/grafana/', import.meta.url)
const text = (path: string): string => readFileSync(new URL(path, GRAFANA), 'utf8')
const Source = z.object({ type: z.literal('grafana-clickhouse-datasource'), uid: z.string() })
const Target = z.object({
  refId: z.string(), datasource: Source, editorType: z.literal('sql'), queryType: z.enum(['table', 'timeseries']), format: z.number(),
  rawSql: z.string(),
})
const Panel = z.object({
  id: z.number(), type: z.enum(['stat', 'timeseries', 'table']), title: z.string().min(1), datasource: Source, targets: z.array(Target).length(1),
  gridPos: z.object({ h: z.number(), w: z.number(), x: z.number(), y: z.number() }),
  fieldConfig: z.object({ overrides: z.array(z.object({ matcher: z.object({ id: z.enum(['byName', 'byRegexp']), options: z.string() }) })) }),
  options: z.object({
    reduceOptions: z.object({ fields: z.string() }).optional(), sortBy: z.array(z.object({ displayName: z.string() })).optional(),
  }),
})
type Panel = z.infer<typeof Panel>
const Dashboard = z.object({
  uid: z.string().regex(/^watchkeeper-[a-z]+$/), title: z.string(), panels: z.array(Panel).min(1),
  templating: z.object({ list: z.array(z.object({ name: z.string(), datasource: Source, query: z.string() })) }),
})
const files = readdirSync(new URL('dashboards/', GRAFANA))
const dashboards = files.map((file) => Dashboard.parse(JSON.parse(text(`dashboards/${file}`))))
const panels = dashboards.flatMap((board) => board.panels.map((panel) => ({ name: `${board.title}: ${panel.title}`, panel })))

const NOW = Math.floor(Date.now() / 1000)
const FROM = NOW - 6 * 3600

/** What the plug-in makes of its macros (4.20, pkg/macros): the time range in seconds, buckets of a minute. */
const MACROS: readonly (readonly [RegExp, string])[] = [
  [/\$__timeFilter\(([\w.]+)\)/g, `$1 >= toDateTime(${FROM}) AND $1 <= toDateTime(${NOW})`],
  [/\$__timeInterval\(([\w.]+)\)/g, 'toStartOfInterval(toDateTime($1), INTERVAL 60 second)'],
  [/\$__fromTime\b/g, `toDateTime(${FROM})`],
  [/\$__toTime\b/g, `toDateTime(${NOW})`],
]
const ALL = /\$__conditionalAll\((tenant IN \()\$\{tenant:singlequote\}(\)), \$tenant\)/g

/** The panel's SQL as it reaches the server, with every tenant or with those given. */
function expand(sql: string, tenants?: readonly string[]): string {
  const chosen = sql.replace(ALL, tenants === undefined ? '1=1' : `$1${tenants.map((tenant) => `'${tenant}'`).join(',')}$2`)
  const expanded = MACROS.reduce((made, [macro, value]) => made.replace(macro, value), chosen)
  expect(expanded, 'an unknown macro or variable').not.toContain('$')
  return expanded
}

const directory = mkdtempSync(join(tmpdir(), 'wk-grafana-'))
const store = openStore({ directory, readers: 2 })
beforeAll(() => store.migrate())
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

interface Answer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
}
async function ask(sql: string): Promise<Answer> {
  const answer = String(await store.engine.read(sql, { format: 'JSONCompactEachRowWithNamesAndTypes' }))
  const [names = '', types = '', ...rows] = answer.trimEnd().split('\n')
  const typeOf = JSON.parse(types) as string[]
  return {
    columns: (JSON.parse(names) as string[]).map((name, i) => ({ name, type: typeOf[i] ?? '' })),
    rows: rows.map((row) => JSON.parse(row) as unknown[]),
  }
}
const isNumber = ({ type }: { type: string }): boolean => /^(Nullable\()?(U?Int|Float)\d/.test(type)

/** Columns that the panel speaks of by name: in overrides, in what a number is taken from, in its order. */
const namedColumns = (panel: Panel): string[] => [
  ...(panel.type === 'table' ? panel.fieldConfig.overrides.map(({ matcher }) => matcher.options) : []),
  ...(panel.options.reduceOptions === undefined ? [] : [/^\/\^(\w+)\$\/$/.exec(panel.options.reduceOptions.fields)?.[1] ?? 'no column']),
  ...(panel.options.sortBy ?? []).map(({ displayName }) => displayName),
]

describe('Grafana', () => {
  it('has five dashboards of different uids on one grid, panels by different ids', () => {
    expect(dashboards.length).toBe(5)
    expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(dashboards.length)
    for (const { panels: own, title } of dashboards) {
      expect(new Set(own.map(({ id }) => id)).size, title).toBe(own.length)
      for (const { gridPos: a, id } of own) {
        expect(a.x + a.w, title).toBeLessThanOrEqual(24)
        const meets = (b: typeof a): boolean => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
        const over = own.filter(({ gridPos, id: other }) => other !== id && meets(gridPos))
        expect(over.map((panel) => panel.title), title).toEqual([])
      }
    }
  })

  it('names the provisioned data source by its uid, everywhere', () => {
    const { datasources } = parse(text('provisioning/datasources/watchkeeper.yaml')) as { datasources: { uid: string; type: string }[] }
    const used = dashboards.flatMap(({ panels: own, templating }) => [...own, ...own.flatMap(({ targets }) => targets), ...templating.list])
      .map(({ datasource }) => datasource)
    expect([...new Set(used.map(({ uid, type }) => `${type} ${uid}`))]).toEqual(datasources.map(({ uid, type }) => `${type} ${uid}`))
  })

  it('shows an empty installation without an error', async () => {
    for (const { panel } of panels) await ask(expand(panel.targets[0]?.rawSql ?? ''))
  })
})

describe('over rows as the demo leaves them', () => {
  beforeAll(() => insertRows(store.engine, NOW))

  it.each(panels)('$name', async ({ panel }) => {
    const [{ rawSql, queryType, format }] = panel.targets as [z.infer<typeof Target>]
    expect([queryType, format]).toEqual(panel.type === 'timeseries' ? ['timeseries', 0] : ['table', 1])
    const { columns, rows } = await ask(expand(rawSql))
    expect(columns.map(({ name }) => name)).toEqual(expect.arrayContaining(namedColumns(panel)))
    expect(rows.length).toBeGreaterThan(0)
    if (panel.type === 'stat') {
      expect(rows.length).toBe(1)
      expect(columns.filter(isNumber).length).toBe(1)
      expect(rows[0]?.[0]).not.toBeNull()
    }
    if (panel.type === 'timeseries') {
      expect(columns[0]).toMatchObject({ name: 'time', type: expect.stringMatching(/^DateTime/) as string })
      expect(columns.slice(1).some(isNumber)).toBe(true)
      expect(rows.length).toBeGreaterThan(1)
      expect(rows.map(([time]) => String(time))).toEqual(rows.map(([time]) => String(time)).sort())
      const colours = panel.fieldConfig.overrides.map(({ matcher }) => new RegExp(matcher.options.slice(1, -1)))
      expect(colours.length === 0 || rows.every(([, series]) => colours.some((colour) => colour.test(String(series))))).toBe(true)
    }
    if (!rawSql.includes('tenant')) return
    const none = await ask(expand(rawSql, ['nobody']))
    expect(none.columns).toEqual(columns)
    expect(panel.type === 'stat' ? Number(none.rows[0]?.[0]) : none.rows.length).toBe(0)
    const one = await ask(expand(rawSql, ['acme']))
    expect(one.rows.length).toBeGreaterThan(0)
  })

  it('offers the tenants that have sent something', async () => {
    for (const { templating } of dashboards) {
      for (const { query } of templating.list) expect((await ask(query)).rows).toEqual([['acme'], ['default']])
    }
  })
})
