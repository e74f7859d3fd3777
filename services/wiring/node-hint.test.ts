import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { nodeHint, RECOMMENDED_NODE } from './node-hint.ts'

it('is there for a Node that is older than the recommended one, and for no other', () => {
  for (const older of ['20.12.0', '22.23.3', '24.21.0', '25.9.0']) expect(nodeHint(older), older).toMatch(/^Node 26 is recommended: /)
  for (const current of ['26.0.0', '26.10.0', '27.0.0-nightly20270101', '28.1.0']) expect(nodeHint(current), current).toBeUndefined()
})

it('recommends what the image is built on and what the README names', () => {
  expect(readFileSync('Dockerfile', 'utf8')).toMatch(new RegExp(`^ARG NODE=node:${RECOMMENDED_NODE}\\.`, 'm'))
  expect(readFileSync('README.md', 'utf8')).toContain(`Node ${RECOMMENDED_NODE} is recommended`)
})
