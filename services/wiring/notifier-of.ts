/** A receiver of the configuration as what sends to it: its form, its secrets, its way. One entry for each kind. */
import { alertmanagerBody } from '../../infra/receivers/alertmanager/render.ts'
import { ocsfFinding } from '../../infra/receivers/ocsf/render.ts'
import { opsgenieCall, opsgenieRequest } from '../../infra/receivers/opsgenie/render.ts'
import { pagerDutyEvent, withRoutingKey } from '../../infra/receivers/pagerduty/render.ts'
import { slackBody } from '../../infra/receivers/slack/render.ts'
import { teamsBody } from '../../infra/receivers/teams/render.ts'
import { webhookBody } from '../../infra/receivers/webhook/render.ts'
import { createHttpNotifier, jsonTo, type Message, signedOutgoing } from '../../infra/webhook/notifier.ts'
import type { Outgoing, Way } from '../../infra/webhook/post.ts'
import { reachOf } from '../../infra/webhook/target.ts'
import type { Notice } from '../../schemas/alert-message.ts'
import type { Log, Notifier } from '../../schemas/ports.ts'
import type { Receiver } from '../config/alerting.ts'
import { mailNotifier } from './mail-notifier.ts'
import { signersOf, textIfAny, textOf } from './receiver-secrets.ts'
import { syslogNotifier } from './syslog-notifier.ts'

type ReceiverOf<Type extends Receiver['type']> = Extract<Receiver, { readonly type: Type }>

interface NotifierKit {
  readonly way: Way
  readonly log: Log
}

interface HttpForm {
  render(notice: Notice): string
  outgoing(message: Message): Outgoing
}

const overHttp = ({ name, type }: Receiver, { way }: NotifierKit, form: HttpForm): Notifier => createHttpNotifier({ name, kind: type, ...form, ...way })

/** What is sent as JSON, in a header what opens the door. */
const bearing = (authorization: string | undefined): Readonly<Record<string, string>> => (authorization === undefined ? {} : { authorization })

const KINDS: { readonly [Type in Receiver['type']]: (config: ReceiverOf<Type>, kit: NotifierKit) => Notifier } = {
  webhook(config, kit) {
    const signers = signersOf(config, kit.log)
    return overHttp(config, kit, { render: webhookBody, outgoing: (message) => signedOutgoing(config.url, signers(), message) })
  },
  slack(config, kit) {
    const url = textOf({ name: config.name, key: 'url', value: config.url, file: config.url_file }, kit.log)
    return overHttp(config, kit, { render: (notice) => JSON.stringify(slackBody(notice)), outgoing: ({ body }) => jsonTo(url(), body) })
  },
  teams(config, kit) {
    const url = textOf({ name: config.name, key: 'url', value: config.url, file: config.url_file }, kit.log)
    return overHttp(config, kit, { render: (notice) => JSON.stringify(teamsBody(notice)), outgoing: ({ body }) => jsonTo(url(), body) })
  },
  pagerduty(config, kit) {
    const key = textOf({ name: config.name, key: 'key', value: config.key, file: config.key_file }, kit.log)
    return overHttp(config, kit, { render: (notice) => JSON.stringify(pagerDutyEvent(notice)), outgoing: ({ body }) => jsonTo(config.url, withRoutingKey(body, key())) })
  },
  opsgenie(config, kit) {
    const key = textOf({ name: config.name, key: 'key', value: config.key, file: config.key_file }, kit.log)
    return overHttp(config, kit, {
      render: (notice) => JSON.stringify(opsgenieRequest(notice)),
      outgoing(message) {
        const { url, body } = opsgenieCall(message.body, config.url)
        return jsonTo(url, body, { authorization: `GenieKey ${key()}` })
      },
    })
  },
  alertmanager(config, kit) {
    const { name, url, authorization_file: file } = config
    const authorization = textIfAny({ name, key: 'authorization', file }, kit.log)
    return overHttp(config, kit, {
      render(notice) {
        const body = alertmanagerBody(notice, name)
        return body === undefined ? '' : JSON.stringify(body)
      },
      outgoing: ({ id, body }) => jsonTo(url, body, { 'webhook-id': id, ...bearing(authorization()) }),
    })
  },
  ocsf(config, kit) {
    const authorization = textIfAny({ name: config.name, key: 'authorization', file: config.authorization_file }, kit.log)
    return overHttp(config, kit, {
      render: (notice) => JSON.stringify(ocsfFinding(notice)), outgoing: ({ id, body }) => jsonTo(config.url, body, { 'webhook-id': id, ...bearing(authorization()) }),
    })
  },
  email: mailNotifier,
  syslog: syslogNotifier,
}

/** Throws Failure `misconfigured` with a sentence where a secret or a network cannot be used. */
export function notifierOf<Type extends Receiver['type']>(config: ReceiverOf<Type>, log: Log): Notifier {
  const make: (config: ReceiverOf<Type>, kit: NotifierKit) => Notifier = KINDS[config.type as Type]
  const { allow_private: allowPrivate, allow_networks: allowNetworks } = config
  return make(config, { way: { reach: reachOf({ allowPrivate, allowNetworks }) }, log })
}
