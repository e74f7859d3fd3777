/** Says which token is where it does not belong. */
import type { Interaction } from '../../schemas/interaction.ts'
import type { Severity } from '../../schemas/vocabulary.ts'
import type { Draft } from '../detector.ts'
import type { Norm } from './norms.ts'

export interface Case {
  readonly interaction: Interaction
  readonly severity: Severity
  /** What weakens or strengthens it. */
  readonly notes: readonly string[]
}

const nameOf = (server: string): string => (server.length <= 64 ? server : `${server.slice(0, 64)}…`)
const took = ({ outcome, server }: Interaction): string => (outcome === 'ok' ? `${nameOf(server)} took it` : `${nameOf(server)} did not take it`)

export function relayedDraft({ interaction, severity, notes }: Case, home: string, norm: Norm): Draft {
  const server = nameOf(interaction.server)
  const habit = `${norm.own} of ${norm.own + norm.shared} tokens of ${server} are used nowhere else`
  return {
    about: [interaction.token_fingerprint, 'relayed', interaction.server, severity],
    severity,
    title: `A token of ${home} is used at ${server}`,
    observed: `the same token at ${home} and at ${server}, no gateway before them; ${took(interaction)}`,
    expected: habit,
    reasons: [...notes, 'a server that passes tokens on acts with the rights of its callers', `benign if ${server} is meant to take tokens of ${home}`],
    features: [
      { name: 'servers of the token', observed: `${home}, ${server}`, expected: 'one', weight: 0.6 },
      { name: 'tokens of that server', observed: 'one of another server', expected: habit, weight: 0.4 },
    ],
    baselines: { self: `used at ${home} until now`, peers: habit },
  }
}

export function unscopedDraft({ interaction, severity, notes }: Case, scoped: number, required: number): Draft {
  const server = nameOf(interaction.server)
  const habit = `nearly all of ${scoped} tokens at ${server} have the same ${required} ${required === 1 ? 'scope' : 'scopes'}`
  return {
    about: [interaction.token_fingerprint, 'unscoped', interaction.server, severity],
    severity,
    title: `${server} is used with a token that has none of its scopes`,
    observed: `a token with ${interaction.scopes.length} scopes, none of them one that tokens have here; ${took(interaction)}`,
    expected: habit,
    reasons: [...notes, 'benign if the server has changed its scopes, or the token has one scope for everything'],
    features: [{ name: 'scopes of the token', observed: 'none of the usual ones', expected: habit, weight: 1 }],
    baselines: { peers: habit },
  }
}
