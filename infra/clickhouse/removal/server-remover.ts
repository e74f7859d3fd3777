/** The Remover port on a ClickHouse server. A link of its own for each call, so that nothing has to be let go of at the end. */
import type { StatementRunner } from '../migrate.ts'
import { ServerLink } from '../server/link.ts'
import { type ServerStoreOptions, withDefaults } from '../server/options.ts'
import { ClickHouseRemover } from './remover.ts'

/** `now`: milliseconds that only grow. The user needs role `watchkeeper_remover`. */
export function openServerRemover(options: ServerStoreOptions, now: () => number): ClickHouseRemover {
  const once = async <T>(ask: (link: ServerLink) => Promise<T>): Promise<T> => {
    const link = new ServerLink(withDefaults(options))
    try {
      return await ask(link)
    } finally {
      await link.close()
    }
  }
  const runner: StatementRunner = {
    write: (sql) => once((link) => link.write(sql)),
    read: (sql, asked) => once((link) => link.read(sql, asked)),
  }
  return new ClickHouseRemover(runner, now)
}
