/**
 * What every Bus adapter must do. The adapter brings a bus on which each topic has four partitions and which keeps what it was given
 * until `cut`.
 */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe } from 'vitest'
import type { Topic } from '../../schemas/topics.ts'
import { deliveryContract } from './bus-delivery.ts'
import { endContract } from './bus-end.ts'
import { faultContract } from './bus-faults.ts'
import { type Item, itemTopic, type OpenBus } from './bus-fixture.ts'
import { gapContract } from './bus-gaps.ts'
import { groupContract } from './bus-groups.ts'
import { publishContract } from './bus-publish.ts'

export function busContract(name: string, open: () => Promise<OpenBus>): void {
  describe(`bus: ${name}`, () => {
    let bus: OpenBus
    let topic: Topic<Item>
    beforeEach(async () => {
      bus = await open()
      topic = itemTopic(`contract-${randomUUID()}`)
    })
    afterEach(async () => bus.close())
    const each = { opened: () => bus, topic: () => topic }
    publishContract(each)
    deliveryContract(each)
    groupContract(each)
    gapContract(each)
    endContract(each)
    faultContract(each)
  })
}
