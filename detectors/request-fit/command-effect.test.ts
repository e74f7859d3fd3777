import { describe, expect, it } from 'vitest'
import { milderEffect } from './command-effect.ts'

const ofSql = (sql: string): string => milderEffect('execute', 'run_query', JSON.stringify({ sql }))

describe('effect of what is run', () => {
  it.each(['SELECT count(*) FROM orders WHERE created_at > now()', '  with x as (select 1) select * from x;', 'SHOW TABLES', 'explain select 1'])('%s reads', (sql) => {
    expect(ofSql(sql)).toBe('read')
  })

  it.each(['DELETE FROM orders', 'SELECT 1; DROP TABLE orders', 'with gone as (delete from orders returning *) select * from gone', 'select * into copy_of from orders', "select pg_read_file('/etc/passwd')",
    'SELECT a FROM t INTO OUTFILE \'/tmp/x\'', `select '${'x'.repeat(30_000)}'`, ''])('%.60s executes', (sql) => {
    expect(ofSql(sql)).toBe('execute')
  })

  it('leaves other effects alone and reads commands as before', () => {
    expect(milderEffect('delete', 'drop_rows', '{"sql":"select 1"}')).toBe('delete')
    expect(milderEffect('execute', 'run_command', '{"command":"ls -la"}')).toBe('read')
    expect(milderEffect('execute', 'run_command', '{"command":"rm -rf x","query":"select 1"}')).toBe('execute')
  })
})
