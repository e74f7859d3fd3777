import { describe, expect, it } from 'vitest'
import { exampleFinding } from '../../schemas/finding.ts'
import { titleOf } from './alert-title.ts'

const lead = { ...exampleFinding, title: 'A command runs what it downloads', actor: 'ci-bot', server: 'files', lineage: '' }
const unasked = 'alice asked "Summarise revenue" -> agent support -> run_command on files (execute); the turn did not ask for it; arguments: $.command from the model'

describe('the title of an alert', () => {
  it.each([
    ['who did what where', {}, 'ci-bot ran a command on files that runs what it downloads'],
    ['that nobody asked for it', { lineage: unasked }, 'ci-bot ran a command on files that runs what it downloads, and nobody asked for it'],
    ['that there was no turn', { lineage: 'nobody asked: ci-bot was not in a turn -> run_command on files' }, 'ci-bot ran a command on files that runs what it downloads, and nobody asked for it'],
    ['nothing of a request that is not known', { lineage: 'alice; it is not known who asked -> run_command on files; whether it was asked for is not known' }, 'ci-bot ran a command on files that runs what it downloads'],
    ['nothing that the user wrote', { lineage: 'alice asked "x \\"; the turn did not ask for it; y" -> run_command on files; the turn asked for it' }, 'ci-bot ran a command on files that runs what it downloads'],
    ['nothing twice', { title: 'Unusual volume for ci-bot: 90 calls on files' }, 'Unusual volume for ci-bot: 90 calls on files'],
    ['nothing twice of what a detector says', { title: 'send_mail was called for something that the user did not ask for', detector: 'unrequested-action', lineage: unasked },
      'ci-bot: send_mail was called for something that the user did not ask for on files'],
    ['no server of a habit, which has several', { title: 'Unusual volume for ci-bot: 90 calls', window_end: exampleFinding.window_start + 3_600_000_000_000n }, 'Unusual volume for ci-bot: 90 calls'],
    ['people by their names', { title: 'Unusual volume for actor:ci-bot: 90 calls on server:files' }, 'Unusual volume for ci-bot: 90 calls on server files'],
    ['what is known', { actor: '', server: '' }, 'A command runs what it downloads'],
  ])('says %s', (_what, more, title) => {
    expect(titleOf({ ...lead, ...more }, 1)).toBe(title)
  })

  it('counts what there is beside', () => {
    expect(titleOf({ ...lead, actor: '', server: '' }, 501)).toBe('A command runs what it downloads (and 500 more)')
  })

  it('is no longer for a long name', () => {
    expect(titleOf({ ...lead, actor: 'a'.repeat(10_000), server: 's'.repeat(10_000) }, 1).length).toBeLessThan(200)
  })
})
