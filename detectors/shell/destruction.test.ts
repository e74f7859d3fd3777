import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { destroyedBy, destructionOf } from './destruction.ts'
import { effectsOfScript } from './effects.ts'
import { parseShell } from './parse.ts'

const tierOf = (text: string): number => Math.max(0, ...parseShell(text).commands.map((command) => destructionOf(command).tier))

describe('what a command destroys', () => {
  it.each([
    'terraform destroy -auto-approve', 'git push --force origin main', 'aws s3 rb s3://data --force', 'kubectl delete ns prod', 'psql -c "drop table users"', 'dropdb crm', 'gh repo delete a/b --yes',
    'redis-cli flushall', 'aws rds delete-db-snapshot --db-snapshot-identifier x', 'mysql -e "truncate orders"', 'gcloud sql instances delete main-db', 'psql -c "delete from users"',
  ])('beyond recovery: %s', (text) => expect(tierOf(text)).toBe(2))

  it.each(['rm -rf /srv/data/q3', 'find /srv -name "*.csv" -delete', 'git branch -D feature', 'kubectl delete pod web-1', 'sudo rm notes.txt', 'psql -c "delete from t where id = 3"'])(
    'deletes: %s', (text) => expect(tierOf(text)).toBe(1))

  it.each([
    'rm -rf node_modules dist', 'rm -rf ./build/', 'rm -f /tmp/x', 'rm *.log', 'make clean', 'git push origin main', 'git push --force-with-lease', 'docker rm web', 'find . -name "*.py"',
    'git status', 'echo drop table users', 'psql -c "drop table if exists tmp_import"', 'aws s3 ls', 'kubectl get pods',
  ])('nothing that counts: %s', (text) => expect(tierOf(text)).toBe(0))

  it('counts things, and patterns as several', () => {
    const [command] = parseShell('rm a.csv b.csv "c d.csv" *.parquet').commands
    expect(command && destructionOf(command).things).toBe(8)
  })

  it.each([['rm -rf /srv/x', 'delete'], ['curl -X DELETE https://api.example/x', 'delete'], ['curl -d @f https://x.example', 'send'], ['git push', 'send'], ['cat a | tee b', 'write'],
    ['echo x > /etc/y', 'write'], ['chmod 777 x', 'grant'], ['cat /etc/hosts', 'read'], ['python job.py', 'execute'], ['curl https://x.example', 'read']] as const)('%s → %s', (text, effect) => {
    expect([...effectsOfScript(parseShell(text))]).toContain(effect)
  })

  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string({ maxLength: 400 }), (text) => {
      effectsOfScript(parseShell(text))
      expect(destroyedBy(text).tier).toBeLessThanOrEqual(2)
    }))
  })
})
