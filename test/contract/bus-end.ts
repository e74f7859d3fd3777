/** What every Bus adapter must do when a subscription or the bus ends. */
import { expect, test } from 'vitest'
import { items, type OpenedBus } from './bus-fixture.ts'
import { Recorder } from './bus-recorder.ts'

export function endContract({ opened, topic }: OpenedBus): void {
  test('stop waits for the running call, aborts its signal, lets state be saved, and is safe twice', async () => {
    const recorder = new Recorder()
    const order: string[] = []
    const subscription = await opened().bus.subscribe(topic(), recorder.options('a', {
      handle: async (envelopes, signal) => {
        recorder.note(() => recorder.envelopes.push(...envelopes))
        await new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve(), { once: true }) })
        order.push('handled')
      },
      revoked: async (partition) => {
        if (partition === recorder.envelopes[0]!.partition) order.push('revoked')
      },
    }))
    await opened().bus.publish(topic(), items(1, 0, 3))
    await recorder.until(() => recorder.envelopes.length > 0)
    await Promise.all([subscription.stop(), subscription.stop()])
    await subscription.stop()
    expect(order).toEqual(['handled', 'revoked'])
    expect(recorder.errors).toEqual([])
  })

  test('close is safe before anything was done, and twice; a closed bus takes nothing', async () => {
    const bus = await opened().reopen()
    await Promise.all([bus.close(), bus.close()])
    await bus.close()
    await expect(bus.publish(topic(), items(1, 0, 1))).rejects.toMatchObject({ kind: 'unavailable' })
  })
}
