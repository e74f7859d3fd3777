import { describe, expect, it } from 'vitest'
import { StormMessage } from '../../schemas/alert-message.ts'
import { Scene, SECOND } from '../../test/flow/alerter-scene.ts'
import { decodeState, encodeState, STATE_VERSION } from './state-codec.ts'

const budget = (messagesPerHour: number) => ({ receivers: [{ name: 'hook', messagesPerHour, sendResolved: true }], labels: { environment: 'test' }, consoleUrl: 'https://console.example' })

it('is not held by what was noted before the clock was set back', () => {
  const scene = new Scene()
  scene.now += 86_400n * SECOND
  for (let i = 0; i < 80; i++) scene.find(i)
  scene.pass(15).clear()
  scene.now -= 86_400n * SECOND
  scene.find(200).pass(15).find(201, { trace_id: 't1', title: 'another' }).pass(300)
  expect(scene.types.slice(0, 2)).toEqual(['hook alert.open', 'hook alert.updated'])
})

describe('the storm breaker', () => {
  it('tells what is over the budget in one summary an interval, and keeps all of it', () => {
    const scene = new Scene(budget(5))
    for (let i = 0; i < 50; i++) scene.find(i, { severity: i < 40 ? 'medium' : 'high' })
    scene.pass(15)
    expect(scene.types).toEqual(Array.from({ length: 5 }, () => 'hook alert.open'))
    scene.pass(15)
    expect(scene.types.slice(5)).toEqual(['hook storm.summary'])
    const first = StormMessage.parse(scene.sent[5]?.message)
    expect(first.data).toMatchObject({ alerts: 45, messages: 45, severity: 'high', by_severity: { medium: 35, high: 10 }, labels: { environment: 'test' }, links: [{ href: 'https://console.example/alerts' }] })
    expect(first.data.top).toHaveLength(10)
    expect(first.data.sql).toMatch(/alert_events[\s\S]*held_back[\s\S]*LIMIT 1000$/)
    expect(scene.events('held_back')).toHaveLength(45)
    expect(new Set(scene.events('held_back').map(({ event_id }) => event_id)).size).toBe(45)
    expect([...scene.state.groups.values()].filter(({ alert }) => alert.told_at === 0n)).toHaveLength(45)
    for (let i = 50; i < 60; i++) scene.find(i).pass(20)
    scene.pass(300)
    const summaries = scene.sent.filter(({ type }) => type === 'storm.summary')
    expect(summaries.map(({ message }) => (message as StormMessage).data.alerts)).toEqual([45, 55])
    expect(new Set(summaries.map(({ message }) => (message as StormMessage).data.storm_id)).size).toBe(1)
    expect(new Set(summaries.map(({ id }) => id)).size).toBe(2)
  })

  it('leaves critical alerts a budget of their own, and tells at once that it is spent', () => {
    const scene = new Scene(budget(2))
    for (let i = 0; i < 4; i++) scene.find(i, { severity: 'medium' })
    for (let i = 10; i < 14; i++) scene.find(i, { severity: 'critical' })
    scene.pass(0)
    expect(scene.types).toEqual(['hook alert.open', 'hook alert.open', 'hook storm.summary'])
    scene.pass(15)
    expect(scene.types.slice(3)).toEqual(['hook alert.open', 'hook alert.open'])
  })

  it('counts over an hour, and a restart', async () => {
    const scene = new Scene(budget(3))
    for (let i = 0; i < 3; i++) scene.find(i)
    scene.pass(15).clear()
    scene.state = decodeState({ version: STATE_VERSION, nextOffset: 0, state: await encodeState(scene.state) })
    scene.find(4).pass(15)
    expect(scene.types).toEqual([])
    scene.pass(15).clear().pass(3540)
    scene.find(5).pass(15)
    expect(scene.types).toEqual(['hook alert.open'])
  })

  it('has a budget for each receiver', () => {
    const scene = new Scene({ receivers: [{ name: 'a', messagesPerHour: 1, sendResolved: true }, { name: 'b', messagesPerHour: 9, sendResolved: true }] }, ['a', 'b'])
    scene.find(1).find(2).find(3).pass(15)
    expect(scene.types.toSorted()).toEqual(['a alert.open', 'b alert.open', 'b alert.open', 'b alert.open'])
    expect(scene.events('told').map(({ why }) => why)).toEqual(['a, b', 'b', 'b'])
    expect(scene.events('held_back').map(({ object }) => object)).toEqual(['a', 'a'])
  })
})
