/** Reading alerts. */
import { z } from 'zod'
import { here, Refusal } from '../problem.ts'
import { json } from '../responses.ts'
import { type Route, route } from '../route.ts'
import { tenantWithin } from '../tenancy.ts'
import { belongingsOf, listAlerts, oneAlert } from './alert-store.ts'
import { etagOf, isKnown } from './etag.ts'
import { AlertFilter } from './filter.ts'
import { AlertEventView, AlertView, AttemptView, FindingView } from './view.ts'

export const alertId = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits')
export const byAlert = z.strictObject({ alert_id: alertId })
export const next = z.string().nullable().describe('Cursor of the next page; null where this is the last')
export const NO_ALERT = 'there is no alert of this id'

export const alertRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/api/v1/alerts', operation: 'alert.list', scope: 'read', summary: 'Alerts in their newest version, those that were opened last first', query: AlertFilter,
    answers: { 200: { says: 'A page', schema: z.strictObject({ alerts: z.array(AlertView), next }), headers: { link: 'Address of the next page (rel="next")' } } },
    async handle({ query, caller, request }, { store }) {
      const { items, next: after } = await listAlerts(here(store), query, tenantWithin(caller, query.tenant))
      const given = new URLSearchParams(request.query)
      if (after !== null) given.set('cursor', after)
      return json(200, { alerts: items, next: after }, after === null ? {} : { link: `</api/v1/alerts?${given}>; rel="next"` })
    },
  }),
  route({
    method: 'GET', path: '/api/v1/alerts/{alert_id}', operation: 'alert.show', scope: 'read', summary: 'One alert with its findings, the events of its life and what was sent of it',
    parameters: byAlert, headers: { 'if-none-match': 'ETag that is known already' },
    answers: {
      200: {
        says: 'The alert', headers: { etag: 'Its version, for If-Match' },
        schema: AlertView.extend({ finding_list: z.array(FindingView), events: z.array(AlertEventView), deliveries: z.array(AttemptView) }).meta({ id: 'AlertWithAll' }),
      },
      304: { says: 'Nothing has changed' },
    },
    async handle({ parameters: { alert_id: id }, caller, request }, { store }) {
      const alert = await oneAlert(here(store), id, caller.tenant)
      if (alert === undefined) throw new Refusal(404, NO_ALERT)
      const { findings, events, deliveries } = await belongingsOf(here(store), alert)
      const etag = etagOf(alert.version, { events, deliveries })
      if (isKnown(request.headers.get('if-none-match'), etag)) return { status: 304, headers: { etag, 'cache-control': 'no-store' }, body: '' }
      return json(200, { ...alert, finding_list: findings, events, deliveries }, { etag })
    },
  }),
]
