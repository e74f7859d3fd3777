import { expect, it } from 'vitest'
import { Places } from './places.ts'

it('lets so many reports be made at a time, of a tenant and in all, and gives places back whatever happens', async () => {
  const places = new Places({ each: 2, all: 3 })
  const ends: (() => void)[] = []
  const begin = (tenant: string): Promise<void> => places.within(tenant, () => new Promise((resolve) => ends.push(resolve)))
  const busy = { kind: 'unavailable', code: 'report.busy', retryAfterSeconds: 10 }
  const [first, second] = [begin('a'), begin('a')]
  await expect(begin('a')).rejects.toMatchObject(busy)
  const other = begin('b')
  await expect(begin('c')).rejects.toMatchObject(busy)
  for (const end of ends.splice(0)) end()
  await Promise.all([first, second, other])
  await expect(places.within('a', () => Promise.reject(new Error('it failed')))).rejects.toThrow('it failed')
  const again = [begin('a'), begin('a'), begin('c')]
  expect(ends).toHaveLength(3)
  for (const end of ends) end()
  await Promise.all(again)
})
