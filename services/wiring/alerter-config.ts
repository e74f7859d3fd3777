/** Section `alerting` of the configuration, as the alerter reads it. */
import type { AlerterConfig, ReceiverRules, RouteRules } from '../alerter/contracts.ts'
import type { Alerting } from '../config/alerting.ts'
import { ruleTexts } from '../detector-list.ts'

const receiverOf = ({ name, fallback, messages_per_hour: messagesPerHour, send_resolved: sendResolved }: Alerting['receivers'][number]): ReceiverRules =>
  ({ name, fallback, messagesPerHour, sendResolved })

const routeOf = ({ severity_from: severityFrom, ...rest }: Alerting['routes'][number]): RouteRules => ({ ...rest, severityFrom })

const withoutSlash = (address: string | undefined): string | undefined => address?.replace(/\/$/, '')

export const alerterConfigOf = (alerting: Alerting): AlerterConfig => ({
  groupWaitSeconds: alerting.group_wait_seconds, groupIntervalSeconds: alerting.group_interval_seconds, resolveAfterHours: alerting.resolve_after_hours,
  reopenWithinHours: alerting.reopen_within_hours, notifyFrom: alerting.notify_from, ruleTexts: ruleTexts(), labels: alerting.labels,
  consoleUrl: withoutSlash(alerting.console_url), runbookUrl: withoutSlash(alerting.runbook_url),
  routes: alerting.routes.map(routeOf),
  receivers: [...alerting.receivers, ...alerting.webhooks.map((webhook) => ({ type: 'webhook' as const, ...webhook }))].map(receiverOf),
})
