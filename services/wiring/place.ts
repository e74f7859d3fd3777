/** Places of callers, from the configuration: rules for the collector, files for the assembler. */
import { metrics } from '@opentelemetry/api'
import { type OpenAddressBook, openAddressBook } from '../../infra/mmdb/address-book.ts'
import type { Log } from '../../schemas/ports.ts'
import { type PlaceRules, placeRules } from '../collector/normalise/client-address.ts'
import type { Config } from '../config/schema.ts'

export const placeRulesOf = ({ place }: Pick<Config, 'place'>): PlaceRules =>
  placeRules({ proxies: place.trusted_proxies, header: place.forwarded_header, besideCaller: place.exporter_is_caller })

const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** Throws Failure `misconfigured` when a file cannot be used. */
export async function openPlaces({ place }: Pick<Config, 'place'>, log: Log): Promise<OpenAddressBook> {
  const meter = metrics.getMeter('watchkeeper.place')
  const reloads = meter.createCounter('watchkeeper.place.reloads', { description: 'MMDB files that were replaced, by outcome: replaced, broken (the one before stays in force)' })
  const unreadable = meter.createCounter('watchkeeper.place.unreadable', { description: 'Addresses whose record in an MMDB file could not be read' })
  const book = await openAddressBook(place.mmdb, {
    replaced(file) {
      reloads.add(1, { file: fileName(file.path), outcome: 'replaced' })
      log.info({ file: file.path, type: file.type, built: file.builtAt.toISOString() }, 'places come from a new file')
    },
    broken(path, error) {
      reloads.add(1, { file: fileName(path), outcome: 'broken' })
      log.error({ file: path, err: error }, 'a file of places was replaced by one that cannot be used: the one before stays in force')
    },
    unreadable: (path) => unreadable.add(1, { file: fileName(path) }),
  })
  const built = meter.createObservableGauge('watchkeeper.place.built', { description: 'When each MMDB file in force was made', unit: 's' })
  built.addCallback((result) => {
    for (const { path, type, builtAt } of book.files()) result.observe(builtAt.getTime() / 1_000, { file: fileName(path), type })
  })
  return book
}
