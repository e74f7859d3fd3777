/** What people are told of one alert, and when: the stages from grouping to delivery, for a group that is due. */
import type { AlertMessage } from '../../schemas/alert-message.ts'
import { alertMessage, type MessageType } from './body.ts'
import { receiverRules } from './contracts.ts'
import { shortWords } from './dedupe.ts'
import { alter, say } from './life.ts'
import { enqueue, hasRoom, type Letter } from './queue.ts'
import type { Renderer, Round } from './round.ts'
import { receiversOf } from './route.ts'
import type { Group } from './state.ts'
import { holdBack, spend } from './storm.ts'

/** The same for every attempt at this message, and after a restart. Without a `.`, which separates what is signed. */
export const messageIdOf = (alertId: string, version: number): string => `msg_${alertId}_${version}`

function letterOf({ alert }: Group, notice: AlertMessage, opening: boolean): Letter {
  const { alert_id: alertId, version: alertVersion, tenant, severity } = alert
  return { messageId: messageIdOf(alertId, alertVersion), alertId, alertVersion, tenant, line: alertId, severity, notice, opening }
}

/** How the message begins for one who was or was not told before. */
const typeFor = ({ again, toldTo }: Group, receiver: string): MessageType => (again ? 'alert.reopened' : toldTo.includes(receiver) ? 'alert.updated' : 'alert.open')

function write(round: Round, group: Group, to: readonly Renderer[]): readonly string[] {
  const made = new Map<MessageType, AlertMessage>()
  const names = to.map(({ receiver }) => receiver)
  return to.filter((renderer) => {
    const type = typeFor(group, renderer.receiver)
    const notice = made.get(type) ?? alertMessage(type, group, round.rules)
    made.set(type, notice)
    return enqueue(round, letterOf(group, notice, true), renderer, names)
  }).map(({ receiver }) => receiver)
}

/** One message to those who still have room for it; the others hear of it in a summary. */
function send(round: Round, group: Group, to: readonly Renderer[]): void {
  const { state, now, rules } = round
  const { severity } = group.alert
  const open = to.filter(({ receiver }) => hasRoom(state, receiver, rules) && spend(state, receiver, severity, round))
  for (const renderer of to) if (!open.includes(renderer)) holdBack(state, group, renderer.receiver, round)
  if (open.length === 0) return
  alter(state, group, { told_at: now }, now)
  const told = write(round, group, open)
  if (told.length === 0) return
  say(state, group.alert, { event: 'told', object: messageIdOf(group.alert.alert_id, group.alert.version), why: told.join(', ') })
  group.toldTo = [...new Set([...group.toldTo, ...told])]
  group.toldWords = shortWords(group, rules)
  group.again = false
  // Who has the alert has heard of this, too.
  if (group.quietTo !== '') group.quietTo = severity
}

export const isHeld = ({ alert }: Group): boolean => alert.silenced_by !== '' || alert.inhibited_by !== ''

/** Makes the group's message where it is due, nobody holds it and it says something new. False when nothing was due. */
export function notify(round: Round, group: Group): boolean {
  const { now, rules, receivers } = round
  if (group.notifyAt === 0n || group.notifyAt > now || isHeld(group)) return false
  group.notifyAt = 0n
  if (shortWords(group, rules) === group.toldWords) return true
  const names = receiversOf(group.alert, receivers.map(({ receiver }) => receiver), now, rules)
  send(round, group, receivers.filter(({ receiver }) => names.includes(receiver)))
  group.notifiedAt = now
  return true
}

/** Tells what became of an alert to those who were told of it and want to hear that; not held back: they are never more than were told. */
export function announce(round: Round, group: Group, type: MessageType, told: readonly string[]): void {
  const wanted = round.receivers.filter(({ receiver }) => told.includes(receiver) && receiverRules(round.rules, receiver).sendResolved)
  if (wanted.length === 0) return
  const letter = letterOf(group, alertMessage(type, group, round.rules), false)
  for (const renderer of wanted) enqueue(round, letter, renderer, told)
}
