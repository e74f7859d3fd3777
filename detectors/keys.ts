/**
 * Keys that several detectors have: they are put together once an interaction, so that their hash is, too. The runner asks one detector after the
 * other about the same interaction; remembering the last one only saves work, it never changes an answer.
 */
import type { Interaction } from '../schemas/interaction.ts'

interface Keys {
  readonly of: Interaction
  readonly actor: string
  readonly token: string
  readonly server: string
  /** The actor's key alone, in a list; and with that of the token. */
  readonly actors: readonly string[]
  readonly both: readonly string[]
}

const NONE: readonly string[] = []

let last: Keys | undefined

function keysFor(interaction: Interaction): Keys {
  if (last?.of === interaction) return last
  const { actor, token_fingerprint: token, server } = interaction
  const own = actor === '' ? '' : `actor:${actor}`
  const held = token === '' ? '' : `token:${token}`
  const actors = own === '' ? NONE : [own]
  last = { of: interaction, actor: own, token: held, server: server === '' ? '' : `server:${server}`, actors, both: held === '' ? actors : [...actors, held] }
  return last
}

/** `actor:NAME`; '' where there is none, as in those below. */
export const actorKey = (interaction: Interaction): string => keysFor(interaction).actor
export const tokenKey = (interaction: Interaction): string => keysFor(interaction).token
export const serverKey = (interaction: Interaction): string => keysFor(interaction).server

/** The actor's key, empty where there is none; not to be changed. */
export const actorKeys = (interaction: Interaction): readonly string[] => keysFor(interaction).actors
/** The same with the token's, where there is one. */
export const actorAndTokenKeys = (interaction: Interaction): readonly string[] => keysFor(interaction).both
