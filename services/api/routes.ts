/** Every route of the API. Another is one line here. */
import { actionRoutes } from './alerts/action-routes.ts'
import { alertRoutes } from './alerts/alert-routes.ts'
import { deliveryRoutes } from './alerts/delivery-routes.ts'
import { orderRoutes } from './alerts/order-routes.ts'
import { silenceRoutes } from './alerts/silence-routes.ts'
import { tuningRoutes } from './alerts/tuning-routes.ts'
import { baselineRoutes } from './baselines.ts'
import { healthRoutes } from './health-routes.ts'
import { incidentRoutes } from './incidents.ts'
import { quarantineRoutes } from './quarantine.ts'
import { receiverRoutes } from './receivers.ts'
import { removalRoutes } from './removals.ts'
import { reportRoutes } from './reports.ts'
import type { Route } from './route.ts'

export const ROUTES: readonly Route[] = [
  ...alertRoutes, ...orderRoutes, ...actionRoutes, ...silenceRoutes, ...tuningRoutes, ...receiverRoutes, ...deliveryRoutes, ...quarantineRoutes, ...baselineRoutes, ...healthRoutes, ...reportRoutes, ...incidentRoutes, ...removalRoutes,
]
