import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it, onTestFinished, vi } from 'vitest'
import { contentTypeOf } from '../sql/formats.ts'
import { FORMAT, query } from './query.ts'

afterEach(() => vi.restoreAllMocks())

async function answering(body: string): Promise<{ readonly sql: string; readonly asked: URL[] }> {
  const asked: URL[] = []
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://127.0.0.1'))
    response.end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { sql: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

it.each([[true, FORMAT.terminal], [false, FORMAT.elsewhere]])('asks for a format that the endpoint gives, on a terminal (%s) and elsewhere', async (isTerminal, format) => {
  const written: unknown[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0)
  const before = process.stdout.isTTY
  onTestFinished(() => void (process.stdout.isTTY = before))
  process.stdout.isTTY = isTerminal
  const { sql, asked } = await answering('\u001b[31mred\n')
  expect(await query('SELECT 1', { sql })).toBe(0)
  expect(asked.map((url) => url.searchParams.get('default_format'))).toEqual([format])
  expect(contentTypeOf(format)).toMatch(/^text\//)
  // What a terminal would obey is shown as what it is.
  expect(written).toEqual([isTerminal ? '\\u001b[31mred\n' : '\u001b[31mred\n'])
})

it('asks nothing where nothing was said', async () => {
  await expect(query(' \n', {})).rejects.toMatchObject({ kind: 'misconfigured', code: 'query.empty' })
})
