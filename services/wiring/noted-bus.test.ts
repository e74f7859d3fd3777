import { expect, it } from 'vitest'
import type { Bus, SubscribeOptions } from '../../schemas/ports.ts'
import { findings } from '../../schemas/topics.ts'
import { notedBus } from './noted-bus.ts'

const subscription = { commit: () => Promise.resolve(), stop: () => Promise.resolve() }
const nothing = () => Promise.resolve()

it('notes groups as they are joined, and tells the error that ends one to its owner and to the process', async () => {
  let failed: SubscribeOptions<never>['failed'] = () => undefined
  const bus: Bus = {
    publish: nothing, broadcast: nothing, close: nothing, lag: () => Promise.resolve([]),
    subscribe(_, options) {
      failed = options.failed
      return Promise.resolve(subscription)
    },
  }
  const noted = notedBus(bus)
  const heard: unknown[] = []
  const joined = await noted.bus.subscribe(findings, { group: 'alerter', handle: nothing, gap: nothing, failed: (error) => void heard.push(error) })
  expect([joined, noted.groups]).toEqual([subscription, ['alerter:findings']])
  failed('first')
  failed('second')
  expect([heard, await noted.failed]).toEqual([['first', 'second'], 'first'])
})
