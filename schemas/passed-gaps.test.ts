import { describe, expect, it } from 'vitest'
import { PassedGaps } from './passed-gaps.ts'

function started(position: number) {
  const passed = new PassedGaps()
  passed.begin(position)
  const commits: number[] = []
  return { passed, commits, commit: async (next: number) => void commits.push(next) }
}

describe('a gap that was told of', () => {
  it('is committed at once where nothing before it waits, also several behind each other', async () => {
    const { passed, commits, commit } = started(10)
    await passed.told({ first: 10, next: 12 }, 12, commit)
    await passed.told({ first: 12, next: 15 }, 15, commit)
    expect(commits).toEqual([12, 15])
  })

  it('is committed with what is before it, and not sooner', async () => {
    const { passed, commits, commit } = started(8)
    await passed.told({ first: 10, next: 12 }, 12, commit)
    await passed.told({ first: 12, next: 15 }, 15, commit)
    await passed.commit(9, commit)
    await passed.commit(10, commit)
    await passed.commit(16, commit)
    expect(commits).toEqual([9, 15, 16])
  })

  it('is committed when it is told of while what is before it is being committed', async () => {
    const { passed, commits, commit } = started(8)
    await passed.commit(10, async (next) => {
      if (commits.length === 0) await passed.told({ first: 10, next: 12 }, 12, commit)
      await commit(next)
    })
    expect(commits).toEqual([10, 12])
  })

  it('sends back a group that stood behind the end, once: later the same offsets are other records', async () => {
    const { passed, commits, commit } = started(500)
    await passed.told({ first: 1, next: 500 }, 0, commit)
    await passed.commit(1, commit)
    await passed.commit(500, commit)
    expect(commits).toEqual([0, 1, 500])
  })

  it('is committed later where it could not be now', async () => {
    const { passed, commits, commit } = started(10)
    await expect(passed.told({ first: 10, next: 12 }, 12, () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    await passed.told({ first: 10, next: 12 }, 12, commit)
    expect(commits).toEqual([12])
  })
})
