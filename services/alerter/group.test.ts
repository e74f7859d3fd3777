import { describe, expect, it } from 'vitest'
import { Scene } from '../../test/flow/alerter-scene.ts'

describe('grouping by actor and family', () => {
  it('makes one alert of what one actor does of a kind in different traces within the interval', () => {
    const scene = new Scene()
    for (let i = 0; i < 200; i++) {
      scene.find(i, { actor: 'ci-bot', detector: i % 2 === 0 ? 'unexpected-command' : 'destructive-burst' })
      scene.now += 1_000_000_000n
    }
    expect([...scene.state.groups.values()].map(({ alert, findings }) => [alert.families, findings])).toEqual([[['command'], 200]])
    expect(scene.groupOf(0).keys.length).toBeLessThanOrEqual(50)
    scene.pass(301).find(201, { actor: 'ci-bot' })
    expect(scene.state.groups.size).toBe(2)
  })

  it('goes by the run first, and keeps other actors, families and tenants apart', () => {
    const scene = new Scene().find(1, { actor: 'x', trace_id: 't' }).find(2, { actor: 'y', trace_id: 't' })
    expect(scene.alertOf(1).alert_id).toBe(scene.alertOf(2).alert_id)
    scene.find(3, { actor: 'z' }).find(4, { actor: 'x', detector: 'unusual-volume' }).find(5, { actor: 'x', tenant: 'other' })
    expect(new Set([1, 3, 4, 5].map((number) => scene.alertOf(number).alert_id)).size).toBe(4)
  })

  it('takes the server where no actor is known', () => {
    const habit = { actor: '', trace_id: '', detector: 'changed-definition' }
    const scene = new Scene().find(1, { ...habit, server: 'a' }).find(2, { ...habit, server: 'a', detector: 'new-server' }).find(3, { ...habit, server: 'b' })
    expect([...scene.state.groups.values()].map(({ alert }) => alert.group_key)).toEqual(['server:a|supply', 'server:b|supply'])
  })

  it('adds what weak signs of an actor add up to where people have a graver alert of the same actor and time', () => {
    const sum = { detector: 'composite-risk', actor: 'ada', trace_id: '', part_ids: ['a'.repeat(32)], severity: 'medium' } as const
    const scene = new Scene().find(1, { actor: 'ada', severity: 'high' }).find(2, { actor: 'bob', severity: 'high' }).pass(15).find(9, sum)
    expect(scene.alertOf(9).alert_id).toBe(scene.alertOf(1).alert_id)
    for (const other of [{ actor: 'eve' }, { tenant: 'other' }, { severity: 'critical' }, { window_start: 1n, window_end: 2n }] as const) {
      const alone = new Scene().find(1, { actor: 'ada', severity: 'high' }).pass(15).find(9, { ...sum, ...other })
      expect(alone.alertOf(9).alert_id).not.toBe(alone.alertOf(1).alert_id)
    }
    const untold = new Scene().find(1, { actor: 'ada', severity: 'high' }).find(9, sum)
    expect(untold.alertOf(9).alert_id).not.toBe(untold.alertOf(1).alert_id)
  })

  it('says it when an alert grows graver', () => {
    const scene = new Scene().find(1, { severity: 'medium' }).pass(15).find(2, { trace_id: 't1', severity: 'critical' })
    expect(scene.events('escalated').map(({ why, alert_version }) => [why, alert_version])).toEqual([['from medium to critical', 3]])
  })

  it('refuses what has no id', () => {
    expect(() => new Scene().find(1, { finding_id: 'no' })).toThrow(RangeError)
  })
})

describe('what is sent', () => {
  it('is new to those who read it: a beacon makes fewer messages the longer it lasts', () => {
    const scene = new Scene().find(0, { trace_id: 't', actor: 'x' }).pass(15)
    for (let i = 1; i < 288; i++) scene.find(i, { trace_id: 't', actor: 'x' }).pass(300)
    expect(scene.types).toEqual(['hook alert.open', ...Array.from({ length: 8 }, () => 'hook alert.updated')])
    expect(scene.alertOf(0).findings).toBe(288)
  })

  it('hears that a finding has become graver which is no longer kept', () => {
    const scene = new Scene()
    for (let i = 0; i < 80; i++) scene.find(i, { trace_id: 't', severity: 'medium' })
    scene.pass(15).clear().find(79, { trace_id: 't', severity: 'critical', version: 2 }).pass(0)
    expect(scene.types).toEqual(['hook alert.updated'])
    expect(scene.groupOf(1)).toMatchObject({ findings: 80, alert: { severity: 'critical' } })
    expect(scene.groupOf(1).members).toHaveLength(50)
  })

  it('is never more than one message a group and interval, of 10,000 findings in a minute', () => {
    const scene = new Scene()
    for (let i = 0; i < 10_000; i++) {
      scene.find(i, { actor: `a${i % 3}`, title: `kind ${i % 40}` })
      if (i % 100 === 0) scene.pass(0.6)
    }
    scene.pass(15).pass(300)
    expect(scene.state.groups.size).toBe(3)
    expect([...scene.state.groups.values()].reduce((sum, { findings }) => sum + findings, 0)).toBe(10_000)
    expect(scene.types.filter((type) => type === 'hook alert.open')).toHaveLength(3)
    expect(scene.types).toHaveLength(6)
  })
})
