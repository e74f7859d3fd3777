import { describe, expect, it } from 'vitest'
import { Finding } from '../../schemas/finding.ts'
import { idOf, Scene } from '../../test/flow/alerter-scene.ts'
import { receiverDownFinding } from '../../detectors/receiver-down/finding.ts'
import { takeFinding } from './group.ts'
import { nextDue } from './due.ts'
import { isDown, isShut, reconsider } from './line.ts'

const receivers = [{ name: 'hook', fallback: 'spare', messagesPerHour: 60, sendResolved: true }]
const onHook = (scene: Scene) => scene.ready.filter(({ receiver }) => receiver === 'hook')

/** Lets the receiver fail until it is down; what is raised comes back as a finding. */
function fail(scene: Scene, status = 503): void {
  for (let i = 0; i < 300 && !isDown(scene.state, 'hook'); i++) {
    const [next] = onHook(scene)
    if (next === undefined) scene.pass(1)
    else scene.answer(next, status)
  }
}
function hear(scene: Scene): void {
  for (const finding of scene.state.raised.splice(0)) takeFinding(scene.state, finding, scene.now, scene.rules)
}

describe('a receiver that does not take messages', () => {
  it('is asked by one message at a time, further and further apart, and gets all when it is back', () => {
    const scene = new Scene()
    for (let i = 0; i < 6; i++) scene.find(i, { severity: 'critical' })
    scene.pass(0)
    expect(onHook(scene)).toHaveLength(6)
    fail(scene)
    expect(onHook(scene)).toEqual([])
    const waits: number[] = []
    for (let i = 0; i < 7; i++) {
      let waited = 0
      while (onHook(scene).length === 0 && waited < 1000) {
        scene.pass(1)
        waited++
      }
      waits.push(waited)
      scene.answer(onHook(scene)[0]!, 0)
    }
    for (const [at, most] of [15, 30, 60, 120, 300, 300, 300].entries()) {
      expect(waits[at]).toBeGreaterThanOrEqual(most * 0.9)
      expect(waits[at]).toBeLessThanOrEqual(most * 1.1 + 1)
    }
    scene.pass(330)
    scene.answer(onHook(scene)[0]!, 200)
    expect(onHook(scene)).toHaveLength(5)
    for (const pending of onHook(scene)) expect(scene.answer(pending, 200)).toBe('delivered')
    expect(scene.state.pending).toEqual([])
    expect(scene.state.lines.size).toBe(0)
  })

  it('is not kept down by one message that it never takes', () => {
    const scene = new Scene().find(1, { severity: 'critical' }).pass(0)
    fail(scene)
    scene.find(2, { severity: 'critical' }).pass(0)
    const poison = scene.state.pending[0]!
    for (let i = 0; i < 2_000 && scene.state.pending.length > 1; i++) {
      const [next] = onHook(scene)
      if (next === undefined) scene.pass(1)
      else scene.answer(next, next === poison ? 500 : 200)
    }
    expect(scene.state.pending).toEqual([poison])
    expect(isDown(scene.state, 'hook')).toBe(false)
  })

  it('is an alert for as long as it is down, however long nothing new is heard of it', () => {
    const scene = new Scene({}, ['hook', 'other']).find(1, { severity: 'critical' }).pass(0)
    fail(scene)
    hear(scene)
    scene.pass(15)
    const isTold = () => [...scene.state.groups.values()].some(({ alert }) => alert.detectors.includes('receiver-down'))
    for (let hour = 0; hour < 30; hour++) scene.pass(3_600)
    expect(isTold()).toBe(true)
    expect(nextDue(scene.state, () => true, scene.now, scene.rules)).toBeGreaterThan(scene.now)
    scene.answer(onHook(scene)[0]!, 200)
    scene.pass(1)
    expect(isTold()).toBe(false)
  })

  it('has no fallback that routes keep for other tenants', () => {
    const scene = new Scene({ receivers, routes: [{ name: 'acme', tenants: ['acme'], receivers: ['spare'], continue: false }] }, ['hook', 'spare'])
    scene.find(1, { severity: 'critical' }).pass(0)
    fail(scene)
    expect(scene.state.pending.map(({ receiver }) => receiver)).toEqual(['hook'])
  })

  it('has its fallback told that an alert is over, where that learns late that it was open', () => {
    const scene = new Scene({ receivers, routes: [{ name: 'r', receivers: ['hook'], continue: false }] }, ['hook', 'spare']).find(1, { severity: 'critical' }).pass(0)
    scene.order({ order: 'resolve', alert_id: scene.alertOf(1).alert_id, expected_version: 0, why: 'x', verdict: 'true', duplicate_of: '' })
    fail(scene)
    expect(scene.types.filter((type) => type.startsWith('spare'))).toEqual(['spare alert.open', 'spare alert.resolved'])
  })

  it('waits as long as it is asked to, with everything', () => {
    const scene = new Scene().find(1, { severity: 'critical' }).find(2, { severity: 'critical' }).pass(0)
    scene.answer(onHook(scene)[0]!, 429, 120)
    expect(scene.pass(119).ready).toEqual([])
    expect(scene.pass(1).ready).toHaveLength(2)
  })

  it('is told to the others once, and that it is back, as an alert of its own', () => {
    const scene = new Scene({}, ['hook', 'other']).find(1, { severity: 'critical' }).pass(0)
    fail(scene)
    expect(scene.state.raised.map((finding) => Finding.parse(finding))).toMatchObject([{
      detector: 'receiver-down', actor: 'hook', tenant: 'default', severity: 'high', title: 'Receiver hook does not take alerts', observed: '4 attempts in a row without success, the last with status 503',
    }])
    hear(scene)
    const { alert_id } = [...scene.state.groups.values()].find(({ alert }) => alert.actor === 'hook')!.alert
    const about = () => scene.sent.filter(({ message }) => 'alert_id' in message.data && message.data.alert_id === alert_id).map(({ receiver, type }) => `${receiver} ${type}`)
    scene.pass(15)
    expect(about()).toEqual(['other alert.open'])
    scene.pass(300)
    expect(scene.state.raised).toEqual([])
    scene.answer(onHook(scene)[0]!, 200)
    scene.pass(0)
    expect(about()).toEqual(['other alert.open', 'other alert.resolved'])
    expect(scene.state.closed.get(alert_id)).toMatchObject({ status: 'resolved', status_why: 'The receiver takes messages again.' })
  })

  it('that is back before anybody was told that it was down is told to nobody', () => {
    const scene = new Scene({}, ['hook', 'other']).find(1, { severity: 'critical' }).pass(0)
    fail(scene)
    scene.pass(20)
    scene.answer(onHook(scene)[0]!, 200)
    scene.clear()
    hear(scene)
    scene.pass(20)
    expect(scene.types).toEqual([])
    expect([...scene.state.closed.values()].at(-1)).toMatchObject({ detectors: ['receiver-down'], status: 'resolved' })
  })
})

describe('a fallback', () => {
  const sent = (scene: Scene): readonly string[] => scene.types.filter((type) => type.startsWith('spare'))

  it('is told what waits and what comes while the receiver is down, once each, with the same ids', () => {
    const scene = new Scene({ receivers, routes: [{ name: 'r', receivers: ['hook'], continue: false }] }, ['hook', 'spare']).find(1, { severity: 'critical' }).pass(0)
    expect(sent(scene)).toEqual([])
    fail(scene)
    expect(sent(scene)).toEqual(['spare alert.open'])
    scene.find(2, { severity: 'critical' }).pass(0)
    expect(sent(scene)).toEqual(['spare alert.open', 'spare alert.open'])
    const ids = (receiver: string) => scene.sent.filter((one) => one.receiver === receiver).map(({ id }) => id)
    expect(ids('spare')).toEqual(ids('hook'))
    scene.pass(20)
    scene.answer(onHook(scene)[0]!, 200)
    scene.find(3, { severity: 'critical' }).pass(0)
    expect(sent(scene)).toHaveLength(2)
    scene.order({ order: 'resolve', alert_id: scene.alertOf(1).alert_id, expected_version: 0, why: 'x', verdict: 'true', duplicate_of: '' })
    expect(scene.types.filter((type) => type.endsWith('resolved')).toSorted()).toEqual(['hook alert.resolved', 'spare alert.resolved'])
  })

  it('is told what the receiver refused for good, and not what it gets anyway', () => {
    const scene = new Scene({ receivers, routes: [{ name: 'r', actors: ['a1'], receivers: ['hook'], continue: false }] }, ['hook', 'spare'])
    scene.find(1, { severity: 'critical' }).pass(0)
    expect(scene.answer(onHook(scene)[0]!, 400)).toBe('gave_up')
    expect(sent(scene)).toEqual(['spare alert.open'])
    scene.clear().find(2, { severity: 'critical' }).pass(0)
    expect(scene.answer(onHook(scene)[0]!, 400)).toBe('gave_up')
    expect(sent(scene)).toEqual(['spare alert.open'])
  })
})

describe('what was given up', () => {
  it('is kept, and goes out again with its id and body when somebody asks for it', () => {
    const scene = new Scene().find(1, { severity: 'critical' }).pass(0)
    const [made] = scene.sent
    scene.answer(onHook(scene)[0]!, 422)
    expect(scene.sent).toEqual([])
    const id = scene.order({ order: 'redeliver', message_id: made!.id, receiver: 'hook', why: 'repaired' })
    expect(scene.events('redelivered')).toMatchObject([{ order_id: id, object: made!.id, alert_id: scene.alertOf(1).alert_id, why: 'repaired' }])
    expect(scene.sent).toEqual([made])
    expect(scene.answer(onHook(scene)[0]!, 200)).toBe('delivered')
    expect(scene.state.deliveries.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([[1, 'gave_up'], [2, 'delivered']])
  })

  it('is bounded, the latest are kept', () => {
    const scene = new Scene()
    Object.assign(scene.rules, { maxDeadLetters: 3 })
    for (let i = 0; i < 5; i++) {
      scene.find(i, { severity: 'critical' }).pass(0)
      scene.answer(scene.state.pending[0]!, 400)
    }
    expect(scene.state.dead.map(({ alertId }) => alertId)).toEqual([2, 3, 4].map((number) => scene.alertOf(number).alert_id))
  })
})

describe('a receiver that says that it is gone', () => {
  it('gets nothing but one message a day, until it takes one', () => {
    const scene = new Scene().find(1, { severity: 'critical' }).find(2, { severity: 'critical' }).pass(0)
    expect(scene.answer(onHook(scene)[0]!, 410)).toBe('gave_up')
    expect(isShut(scene.state, 'hook', scene.now)).toBe(true)
    expect(scene.state.raised).toMatchObject([{ title: 'Receiver hook says that it is gone', reasons: [expect.stringMatching(/410/)] }])
    scene.pass(86_400).find(3, { severity: 'critical' }).pass(0)
    expect(isShut(scene.state, 'hook', scene.now)).toBe(false)
    scene.answer(onHook(scene)[0]!, 200)
    expect(isDown(scene.state, 'hook')).toBe(false)
  })

  it('gets what somebody wants it to get', () => {
    const scene = new Scene().find(1, { severity: 'critical' }).pass(0)
    const [made] = scene.sent
    scene.answer(onHook(scene)[0]!, 410)
    scene.order({ order: 'redeliver', message_id: made!.id, receiver: 'hook', why: '' })
    expect(isShut(scene.state, 'hook', scene.now)).toBe(false)
    expect(onHook(scene)).toHaveLength(1)
  })
})

describe('a receiver that our own configuration refuses', () => {
  const refuse = (scene: Scene): string => scene.answer(onHook(scene)[0]!, { status: 0, text: 'the target is a private address', retryAfterSeconds: undefined, refused: true })

  it('is asked once, has its messages held and its fallback told, and says at once what to change', () => {
    const scene = new Scene({ receivers, routes: [{ name: 'r', receivers: ['hook'], continue: false }] }, ['hook', 'spare'])
    scene.find(1, { severity: 'critical' }).find(2, { severity: 'critical' }).pass(0)
    expect(refuse(scene)).toBe('refused')
    expect(scene.state.raised.map((finding) => Finding.parse(finding))).toMatchObject([
      { detector: 'receiver-down', title: expect.stringContaining('private address'), reasons: [expect.stringContaining('allow_private')] },
    ])
    expect(scene.types).toEqual(['hook alert.open', 'hook alert.open', 'spare alert.open', 'spare alert.open'])
    for (let minute = 0; minute < 59; minute++) expect(onHook(scene.pass(60))).toEqual([])
    expect(scene.state.deliveries.map(({ outcome, answer }) => [outcome, answer])).toEqual([['refused', 'the target is a private address']])
    expect(refuse(scene.pass(61))).toBe('refused')
  })

  it('gets everything as soon as a process with another configuration asks', () => {
    const scene = new Scene().find(1, { severity: 'critical' }).find(2, { severity: 'critical' }).pass(0)
    const ids = scene.sent.map(({ id }) => id)
    refuse(scene)
    reconsider(scene.state, scene.now)
    expect(scene.answer(onHook(scene)[0]!, 200)).toBe('delivered')
    expect(scene.answer(onHook(scene)[0]!, 200)).toBe('delivered')
    expect([scene.state.deliveries.map(({ message_id: id }) => id).slice(1).toSorted(), scene.state.pending, isDown(scene.state, 'hook')]).toEqual([ids.toSorted(), [], false])
  })

  it('is down as others are where what it does is another trouble by then', () => {
    const scene = new Scene().find(1, { severity: 'critical' }).pass(0)
    refuse(scene)
    reconsider(scene.state, scene.now)
    scene.answer(onHook(scene)[0]!, 503)
    expect(onHook(scene.pass(20))).toHaveLength(1)
  })

  it('gets what somebody wants it to get, at once', () => {
    const scene = new Scene().find(1, { severity: 'critical' }).pass(0)
    refuse(scene)
    scene.order({ order: 'redeliver', message_id: scene.sent[0]!.id, receiver: 'hook', why: 'its name leads elsewhere now' })
    expect(scene.answer(onHook(scene)[0]!, 200)).toBe('delivered')
  })

  it('is given up after three days, and kept to be sent again', () => {
    const scene = new Scene().find(1, { severity: 'critical' }).pass(0)
    refuse(scene)
    expect(refuse(scene.pass(73 * 3_600))).toBe('gave_up')
    expect(scene.state.dead).toHaveLength(1)
  })
})

it('the finding about a receiver says one attempt where there was one', () => {
  const outage = { tenant: "t'", receiver: "h'", since: 1n, at: 2n, attempts: 1, status: 0, gone: false, refused: false }
  expect(Finding.parse(receiverDownFinding(idOf(1), outage))).toMatchObject({ observed: '1 attempt in a row without success, the last with no answer', sql: expect.stringContaining("receiver = 'h\\''") })
})
