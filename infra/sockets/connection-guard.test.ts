import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { ConnectionGuard, type GuardLimits } from './connection-guard.ts'

const guards: ConnectionGuard[] = []
afterEach(() => {
  for (const guard of guards.splice(0)) guard.stop()
})

function rig(limits: Partial<GuardLimits> = {}) {
  const clock = { now: 0 }
  const cuts: string[] = []
  const guard = new ConnectionGuard(
    { connections: 3, perAddress: 10, proveMs: 10_000, awaitMs: 60_000, minBytesPerSecond: 100, ...limits },
    { cut: (reason) => void cuts.push(reason) }, () => clock.now,
  )
  guards.push(guard)
  /** Time passes as the guard's own timer would see it. */
  const pass = (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      clock.now += 1_000
      guard.sweep()
    }
  }
  return { guard, clock, cuts, pass }
}

let port = 0
class FakeSocket extends EventEmitter {
  readonly remoteAddress: string | undefined
  readonly remotePort = ++port
  readonly localPort = 4318
  destroyed = false

  constructor(remoteAddress: string | undefined = '192.0.2.1') {
    super()
    this.remoteAddress = remoteAddress
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}
const as = (socket: FakeSocket) => socket as unknown as Socket

describe('connections', () => {
  it('of one address are limited, and free their place when they close', () => {
    const { guard, cuts } = rig({ connections: 10, perAddress: 2 })
    const [a, b, c, other] = [new FakeSocket(), new FakeSocket(), new FakeSocket(), new FakeSocket('192.0.2.2')]
    expect([a, b, c, other].map((socket) => guard.enter(as(socket), false))).toEqual([true, true, false, true])
    expect([c.destroyed, cuts]).toEqual([true, ['per_address']])
    a.destroy()
    expect([guard.enter(as(new FakeSocket()), false), guard.open]).toEqual([true, 3])
  })

  it('that sent nothing useful make room for new ones, oldest first; those that did stay', () => {
    const { guard, cuts } = rig()
    const [good, old, young] = [new FakeSocket(), new FakeSocket(), new FakeSocket()]
    for (const socket of [good, old, young]) guard.enter(as(socket), false)
    guard.proven(as(good))
    expect(guard.enter(as(new FakeSocket()), false)).toBe(true)
    expect([good.destroyed, old.destroyed, young.destroyed, cuts]).toEqual([false, true, false, ['evicted']])
  })

  it('are refused when all others are at work', () => {
    const { guard, cuts } = rig({ connections: 1 })
    const good = new FakeSocket()
    guard.enter(as(good), false)
    guard.proven(as(good))
    const late = new FakeSocket()
    expect([guard.enter(as(late), false), late.destroyed, good.destroyed, cuts]).toEqual([false, true, false, ['full']])
  })

  it('must prove themselves in time where asked to', () => {
    const { guard, pass, cuts } = rig()
    const [silent, good, http] = [new FakeSocket(), new FakeSocket(), new FakeSocket()]
    guard.enter(as(silent), true)
    guard.enter(as(good), true)
    guard.enter(as(http), false)
    guard.proven(as(good))
    pass(9)
    expect(silent.destroyed).toBe(false)
    pass(1)
    expect([silent.destroyed, good.destroyed, http.destroyed, cuts]).toEqual([true, false, false, ['unproven']])
  })

  it('that are gone already are not counted', () => {
    const { guard } = rig()
    const gone = new FakeSocket()
    Object.assign(gone, { remoteAddress: undefined })
    expect([guard.enter(as(gone), true), guard.open]).toEqual([false, 0])
  })

  it('are counted right whatever comes and goes', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 100 }), (steps) => {
      const { guard } = rig({ connections: 5, perAddress: 3 })
      const sockets: FakeSocket[] = []
      for (const [what, which] of steps) {
        const socket = sockets[which]
        if (what === 0) socket?.destroy()
        else if (what === 1 && socket !== undefined) guard.proven(as(socket))
        else {
          const made = new FakeSocket(`192.0.2.${which}`)
          const before = sockets.filter(({ destroyed }) => !destroyed)
          const entered = guard.enter(as(made), false)
          if (entered) sockets.push(made)
          const full = before.filter(({ remoteAddress }) => remoteAddress === made.remoteAddress).length >= 3
          if (full || before.length < 5) expect(entered).toBe(!full)
        }
        const open = sockets.filter(({ destroyed }) => !destroyed)
        expect(guard.open).toBe(open.length)
        expect(open.length).toBeLessThanOrEqual(5)
        for (const address of [0, 1, 2, 3]) expect(open.filter(({ remoteAddress }) => remoteAddress === `192.0.2.${address}`).length).toBeLessThanOrEqual(3)
      }
    }))
  })
})

describe('what is awaited', () => {
  function awaited(guard: ConnectionGuard) {
    const body = { size: 0, slow: 0, done: (): void => undefined }
    body.done = guard.await({ bytes: () => body.size, tooSlow: () => void body.slow++ })
    return body
  }

  it('is given up when it comes a byte a second, once', () => {
    const { guard, clock, cuts } = rig()
    const body = awaited(guard)
    for (let second = 0; second < 20; second++) {
      body.size++
      clock.now += 1_000
      guard.sweep()
      expect(body.slow).toBe(second < 4 ? 0 : 1)
    }
    expect(cuts).toEqual(['slow'])
  })

  it('may be slow above the least rate, but not for ever', () => {
    const { guard, clock } = rig()
    const body = awaited(guard)
    for (let second = 0; second < 60; second++) {
      expect(body.slow).toBe(0)
      body.size += 101
      clock.now += 1_000
      guard.sweep()
    }
    expect(body.slow).toBe(1)
  })

  it('is given up when it stops after a good beginning', () => {
    const { guard, pass } = rig()
    const body = awaited(guard)
    body.size = 10_000_000
    pass(5)
    expect(body.slow).toBe(0)
    pass(5)
    expect(body.slow).toBe(1)
  })

  it('is not given up when it is there, nor for a pause of our own', () => {
    const { guard, clock, pass } = rig()
    const [there, unread] = [awaited(guard), awaited(guard)]
    there.done()
    clock.now += 30_000
    guard.sweep()
    pass(4)
    expect([there.slow, unread.slow]).toEqual([0, 0])
    pass(1)
    expect([there.slow, unread.slow]).toEqual([0, 1])
  })
})
