/**
 * How much each sign weighs, by whose voice the text is; a text is reported from 1 on. Set by hand: a weight of 1 is for what has hardly another reading, less
 * for what is normal on its own. What is missing weighs nothing.
 */
import type { Sign } from './signs.ts'

/** `user`: what a person asked. `result`: what a tool, prompt or resource returned. `definition`: how a tool describes itself. */
export type Voice = 'user' | 'result' | 'definition'
type Weights = Partial<Readonly<Record<Sign, number>>>

/** A person may give orders, name addresses and secrets: only what is said against the instructions counts. */
const USER: Weights = {
  override: 1, overrideAll: 1, overrideSome: 0.5, extract: 1, askRules: 0.6, extractSecret: 0.6, divert: 1, fresh: 1, shout: 0.6, frame: 0.8, speaker: 0.5, free: 0.4, persona: 0.15,
  secrecy: 0.2, authority: 0.3, smuggle: 0.5, hidden: 0.8, masked: 0.5, encodedOrder: 0.8, sensitive: 0.1, silent: 0.2, short: 0.4,
}

/** Results inform; they have nobody to command. Mail and pages address a reader, though, so a bare command weighs nothing. */
const RESULT: Weights = {
  override: 1, overrideAll: 0.8, overrideSome: 0.5, extract: 0.8, divert: 0.6, fresh: 0.6, persona: 0.3, free: 0.4, secrecy: 0.8, silent: 0.5, authority: 0.4, addressed: 0.6, frame: 0.8,
  speaker: 0.6, hush: 0.5, whenReading: 0.5, runScript: 0.5, beacon: 1, tamper: 0.3, credentialFile: 0.3, emphasis: 0.3, precedence: 0.2, crossTool: 0.5, prefer: 0.2, sink: 0.7, sensitive: 0.4, smuggle: 0.7, commandAddress: 0.2, replyShape: 0.6, replyOrder: 1, stranded: 1, shout: 0.3,
  extractSecret: 0.2, hidden: 0.8, encodedOrder: 1, comment: 0.3, masked: 0.4, demand: 0.05,
}

/** Descriptions say when and how to use a tool: they command by nature, but neither what to hide nor what else to do. */
const DEFINITION: Weights = {
  override: 1, overrideAll: 0.8, overrideSome: 0.7, extract: 0.8, divert: 0.6, fresh: 0.7, persona: 0.3, free: 0.5, secrecy: 1, silent: 0.6, authority: 0.5, addressed: 0.7, frame: 1,
  speaker: 0.6, hush: 0.6, credentialFile: 0.6, tamper: 0.5, whenReading: 0.3, runScript: 0.8, beacon: 1, emphasis: 0.2, precedence: 0.15, crossTool: 0.15, prefer: 0.3, sink: 0.8, sensitive: 0.5, smuggle: 1, knowledge: 0.8, commandAddress: 0.1, replyShape: 0.3, replyOrder: 0.2,
  attack: 0.6, attackMore: 0.5, attackAct: 0.5, hidden: 1, encodedOrder: 1, comment: 0.8, masked: 0.6, demand: 0.05, extractSecret: 0.1,
}

export const WEIGHTS: Readonly<Record<Voice, Weights>> = { user: USER, result: RESULT, definition: DEFINITION }
