import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Condition, Policy } from '../../schemas/policy.ts'
import { readPolicy } from './read-policy.ts'

const PAGE = readFileSync('docs/policies.md', 'utf8')

describe('docs/policies.md', () => {
  it('names every field of a condition', () => {
    for (const name of Object.keys(Condition.shape)) expect(PAGE, name).toContain(`\`${name}\``)
  })

  it('has examples that can be used', () => {
    const blocks = [...PAGE.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text).filter((text) => text.startsWith('policy: ') && text.includes('rules:'))
    expect(blocks.length).toBeGreaterThan(0)
    for (const text of blocks) expect(readPolicy({ name: 'docs', text })).toMatchObject({ policy: { rules: expect.arrayContaining([expect.objectContaining({ effect: 'require' })]) } })
  })
})

it('the policies that are shipped can be used as they are', () => {
  const names = readdirSync('policies')
  expect(names.sort()).toEqual(['starter.yaml', 'strict.yaml'])
  for (const name of names) {
    const read = readPolicy({ name, text: readFileSync(`policies/${name}`, 'utf8') })
    expect('problems' in read ? read.problems : Policy.parse({ ...read.policy })).toMatchObject({ policy: name.replace('.yaml', '') })
  }
})
