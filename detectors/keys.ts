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
  /** The actor's key alone, in a list. */
  readonly actors: readonly string[]
}

const NONE: readonly string[] = []

let last: Keys | undefined

function keysFor(interaction: Interaction): Keys {
  if (last?.of === interaction) return last
  const { actor, token_fingerprint: token, server } = interaction
  const key = actor === '' ? '' : `actor:${actor}`
  last = { of: interaction, actor: key, token: token === '' ? '' : `token:${token}`, server: server === '' ? '' : `server:${server}`, actors: key === '' ? NONE : [key] }
  return last
}

/** `actor:NAME`; '' where there is none, as in those below. */
export const actorKey = (interaction: Interaction): string => keysFor(interaction).actor
export const tokenKey = (interaction: Interaction): string => keysFor(interaction).token
export const serverKey = (interaction: Interaction): string => keysFor(interaction).server

/** The actor's key, empty where there is none; not to be changed. */
export const actorKeys = (interaction: Interaction): readonly string[] => keysFor(interaction).actors
