/** All attacks by name. */
import type { Attack } from './attack.ts'
import { COMMAND_ATTACKS } from './commands.ts'
import { DATA_ATTACKS } from './data.ts'
import { IDENTITY_ATTACKS } from './identity.ts'
import { INTENT_ATTACKS } from './intent.ts'
import { NETWORK_ATTACKS } from './network.ts'
import { SUPPLY_ATTACKS } from './supply.ts'

export const ATTACKS: readonly Attack[] = [...DATA_ATTACKS, ...IDENTITY_ATTACKS, ...COMMAND_ATTACKS, ...INTENT_ATTACKS, ...SUPPLY_ATTACKS, ...NETWORK_ATTACKS]
